//! The operations, and what each should compute.

use ll2c::ir::U256;

use super::floats;
use super::number::{Number, mask};

/// Full and partial widths of each container, with the smallest and the biggest.
pub const WIDTHS: &[u32] =
    &[1, 5, 8, 12, 16, 24, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 129, 200, 256];

/// What a test computes of its operands: the bytes it leaves in memory.
pub type Expected = Box<dyn Fn(Number, Number) -> Vec<Number>>;

/// A function of the IR and what it should do.
pub struct Case {
    pub width: u32,
    /// instructions that make `%r` of `%a` and `%b`
    pub body: String,
    /// the type of each result, `%r`, `%r1` …
    pub results: Vec<u32>,
    pub expected: Expected,
}

/// The list in the making.
#[derive(Default)]
pub struct Cases(Vec<Case>);

impl Cases {
    /// A case with any results.
    pub fn add(
        &mut self,
        width: u32,
        body: String,
        results: &[u32],
        expected: impl Fn(Number, Number) -> Vec<Number> + 'static,
    ) {
        let results = results.to_vec();
        self.0.push(Case { width, body, results, expected: Box::new(expected) });
    }

    /// An instruction with a result of the same width.
    fn binary(
        &mut self,
        width: u32,
        text: &str,
        expected: impl Fn(Number, Number) -> U256 + 'static,
    ) {
        let body = format!("%r = {}", text.replace("{T}", &format!("i{width}")));
        self.add(width, body, &[width], move |a, b| vec![a.with(expected(a, b))]);
    }

    /// An intrinsic with one or two operands and a result of the same width.
    fn intrinsic(
        &mut self,
        width: u32,
        call: &str,
        expected: impl Fn(Number, Number) -> U256 + 'static,
    ) {
        self.binary(width, &format!("call {{T}} @llvm.{call}"), expected);
    }
}

fn arithmetic(cases: &mut Cases, width: u32) {
    cases.binary(width, "add {T} %a, %b", |a, b| a.bits.wrapping_add(b.bits));
    cases.binary(width, "sub {T} %a, %b", |a, b| a.bits.wrapping_sub(b.bits));
    cases.binary(width, "mul {T} %a, %b", |a, b| a.bits.wrapping_mul(b.bits));
    cases.binary(width, "and {T} %a, %b", |a, b| a.bits & b.bits);
    cases.binary(width, "or {T} %a, %b", |a, b| a.bits | b.bits);
    cases.binary(width, "xor {T} %a, %b", |a, b| a.bits ^ b.bits);
    // A count below the width.
    let counts = (1_u32 << width.ilog2()) - 1;
    let count = move |b: Number| (b.bits & U256::from(counts)).as_u32();
    for op in ["shl", "lshr", "ashr"] {
        let ty = format!("i{width}");
        let body = format!("%n = and {ty} %b, {counts}\n  %r = {op} {ty} %a, %n");
        cases.add(width, body, &[width], move |a, b| {
            vec![a.with(match op {
                "shl" => a.bits << count(b),
                "lshr" => a.bits >> count(b),
                _ => (a.extended().as_i256() >> count(b)).as_u256(),
            })]
        });
    }
    for constant in [0, width / 3, width - 1] {
        cases.binary(width, &format!("shl {{T}} %a, {constant}"), move |a, _| a.bits << constant);
        cases.binary(width, &format!("lshr {{T}} %a, {constant}"), move |a, _| a.bits >> constant);
        cases.binary(width, &format!("ashr {{T}} %a, {constant}"), move |a, _| {
            (a.extended().as_i256() >> constant).as_u256()
        });
    }
}

/// Divisors are odd; signed dividends are halved, so that no quotient is too big.
fn division(cases: &mut Cases, width: u32) {
    let odd = |b: Number| b.with(b.bits | U256::ONE);
    let half = |a: Number| a.with((a.extended().as_i256() >> 1_u32).as_u256());
    let ty = format!("i{width}");
    let unsigned = |op| format!("%d = or {ty} %b, 1\n  %r = {op} {ty} %a, %d");
    cases.add(width, unsigned("udiv"), &[width], move |a, b| vec![a.with(a.bits / odd(b).bits)]);
    cases.add(width, unsigned("urem"), &[width], move |a, b| vec![a.with(a.bits % odd(b).bits)]);
    if width == 1 {
        return;
    }
    let signed =
        |op| format!("%d = or {ty} %b, 1\n  %n = ashr {ty} %a, 1\n  %r = {op} {ty} %n, %d");
    cases.add(width, signed("sdiv"), &[width], move |a, b| {
        let (a, b) = (half(a), odd(b));
        let quotient = a.magnitude() / b.magnitude();
        let is_negative = a.is_negative() != b.is_negative();
        vec![a.with(if is_negative { U256::ZERO.wrapping_sub(quotient) } else { quotient })]
    });
    cases.add(width, signed("srem"), &[width], move |a, b| {
        let (a, b) = (half(a), odd(b));
        let rest = a.magnitude() % b.magnitude();
        vec![a.with(if a.is_negative() { U256::ZERO.wrapping_sub(rest) } else { rest })]
    });
}

fn comparisons(cases: &mut Cases, width: u32) {
    type Compare = fn(Number, Number) -> bool;
    let list: [(&str, Compare); 10] = [
        ("eq", |a, b| a.bits == b.bits),
        ("ne", |a, b| a.bits != b.bits),
        ("ugt", |a, b| a.bits > b.bits),
        ("uge", |a, b| a.bits >= b.bits),
        ("ult", |a, b| a.bits < b.bits),
        ("ule", |a, b| a.bits <= b.bits),
        ("sgt", |a, b| a.extended().as_i256() > b.extended().as_i256()),
        ("sge", |a, b| a.extended().as_i256() >= b.extended().as_i256()),
        ("slt", |a, b| a.extended().as_i256() < b.extended().as_i256()),
        ("sle", |a, b| a.extended().as_i256() <= b.extended().as_i256()),
    ];
    for (pred, compare) in list {
        let body = format!("%c = icmp {pred} i{width} %a, %b\n  %r = zext i1 %c to i8");
        cases.add(width, body, &[8], move |a, b| vec![Number::flag(compare(a, b))]);
        let body = format!(
            "%c = icmp {pred} i{width} %a, %b\n  %r = select i1 %c, i{width} %b, i{width} -1"
        );
        cases.add(width, body, &[width], move |a, b| {
            vec![if compare(a, b) { b } else { a.with(U256::MAX) }]
        });
    }
}

fn conversions(cases: &mut Cases, width: u32) {
    for &to in WIDTHS {
        if to < width {
            let body = format!("%r = trunc i{width} %a to i{to}");
            cases.add(width, body, &[to], move |a, _| vec![Number::new(to, a.bits)]);
        } else if to > width {
            let body = format!("%r = zext i{width} %a to i{to}");
            cases.add(width, body, &[to], move |a, _| vec![Number::new(to, a.bits)]);
            let body = format!("%r = sext i{width} %a to i{to}");
            cases.add(width, body, &[to], move |a, _| vec![Number::new(to, a.extended())]);
        }
    }
}

fn intrinsics(cases: &mut Cases, width: u32) {
    let two = |name: &str| format!("{name}.{{T}}({{T}} %a, {{T}} %b)");
    cases.intrinsic(width, &two("umin"), |a, b| a.bits.min(b.bits));
    cases.intrinsic(width, &two("umax"), |a, b| a.bits.max(b.bits));
    cases.intrinsic(width, &two("smin"), |a, b| {
        a.extended().as_i256().min(b.extended().as_i256()).as_u256()
    });
    cases.intrinsic(width, &two("smax"), |a, b| {
        a.extended().as_i256().max(b.extended().as_i256()).as_u256()
    });
    cases.intrinsic(width, "abs.{T}({T} %a, i1 false)", |a, _| a.magnitude());
    if width > 128 {
        return;
    }
    let bits = U256::from(width);
    let top = 256 - width;
    cases.intrinsic(width, "ctlz.{T}({T} %a, i1 false)", move |a, _| {
        U256::from(a.bits.leading_zeros() - top)
    });
    cases.intrinsic(width, "cttz.{T}({T} %a, i1 false)", move |a, _| {
        U256::from(a.bits.trailing_zeros()).min(bits)
    });
    cases.intrinsic(width, "ctpop.{T}({T} %a)", |a, _| U256::from(a.bits.count_ones()));
    cases.intrinsic(width, "bitreverse.{T}({T} %a)", move |a, _| a.bits.reverse_bits() >> top);
    if width.is_multiple_of(16) {
        cases.intrinsic(width, "bswap.{T}({T} %a)", move |a, _| a.bits.swap_bytes() >> top);
    }
    funnels(cases, width);
}

fn funnels(cases: &mut Cases, width: u32) {
    let bits = U256::from(width);
    // Side by side in twice the width: at most 256 bits.
    let left = move |a: Number, b: Number, count: u32| {
        if count == 0 { a.bits } else { (a.bits << count) | (b.bits >> (width - count)) }
    };
    let right = move |a: Number, b: Number, count: u32| {
        if count == 0 { b.bits } else { (a.bits << (width - count)) | (b.bits >> count) }
    };
    let by = move |b: Number| (b.bits % bits).as_u32();
    if width <= 64 || width == 128 {
        cases.intrinsic(width, "fshl.{T}({T} %a, {T} %b, {T} %b)", move |a, b| left(a, b, by(b)));
        cases.intrinsic(width, "fshr.{T}({T} %a, {T} %b, {T} %b)", move |a, b| right(a, b, by(b)));
        cases.intrinsic(width, "fshl.{T}({T} %a, {T} %a, {T} %b)", move |a, b| left(a, a, by(b)));
        cases.intrinsic(width, "fshr.{T}({T} %a, {T} %a, {T} %b)", move |a, b| right(a, a, by(b)));
    }
    for constant in [0, width / 2, width - 1] {
        let args = format!("{{T}}({{T}} %a, {{T}} %b, {{T}} {constant})");
        cases.intrinsic(width, &format!("fshl.{args}"), move |a, b| left(a, b, constant));
        cases.intrinsic(width, &format!("fshr.{args}"), move |a, b| right(a, b, constant));
    }
}

/// An exact result in two's complement, and whether it fits.
fn exact(name: &str, a: Number, b: Number) -> (U256, bool) {
    let width = a.width;
    let is_signed = name.starts_with('s');
    let (x, y) = if is_signed { (a.extended(), b.extended()) } else { (a.bits, b.bits) };
    let result = match &name[1..] {
        "add" => x.wrapping_add(y),
        "sub" => x.wrapping_sub(y),
        _ => x.wrapping_mul(y),
    };
    let wrapped = Number::new(width, result);
    let again = if is_signed { wrapped.extended() } else { wrapped.bits };
    (result, again == result)
}

/// Up to 128 bits: then the exact result has at most 256.
fn overflows(cases: &mut Cases, width: u32) {
    let ty = format!("i{width}");
    for name in ["sadd", "ssub", "smul", "uadd", "usub", "umul"] {
        let body = format!(
            "%s = call {{ {ty}, i1 }} @llvm.{name}.with.overflow.{ty}({ty} %a, {ty} %b)\n  \
             %r = extractvalue {{ {ty}, i1 }} %s, 0\n  \
             %o = extractvalue {{ {ty}, i1 }} %s, 1\n  \
             %r1 = zext i1 %o to i8"
        );
        cases.add(width, body, &[width, 8], move |a, b| {
            let (result, fits) = exact(name, a, b);
            vec![a.with(result), Number::flag(!fits)]
        });
        if name.ends_with("mul") {
            continue;
        }
        cases.intrinsic(width, &format!("{name}.sat.{{T}}({{T}} %a, {{T}} %b)"), move |a, b| {
            let (result, fits) = exact(name, a, b);
            match name {
                _ if fits => result,
                "uadd" => U256::MAX,
                "usub" => U256::ZERO,
                _ if a.is_negative() => U256::ONE << (width - 1),
                _ => mask(width) >> 1,
            }
        });
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Cases::default();
    for &width in WIDTHS {
        arithmetic(&mut cases, width);
        comparisons(&mut cases, width);
        conversions(&mut cases, width);
        intrinsics(&mut cases, width);
        if width <= 64 {
            division(&mut cases, width);
        }
        if width <= 128 {
            overflows(&mut cases, width);
        }
    }
    floats::add(&mut cases);
    cases.0
}
