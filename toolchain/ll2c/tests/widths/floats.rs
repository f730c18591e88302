//! Floating point in the bits of integers: comparisons, signs, classes, minimum and
//! maximum, saturating conversions.

use std::cmp::Ordering;

use ll2c::ir::U256;

use super::cases::Cases;
use super::number::Number;

/// A format of IEEE 754.
#[derive(Clone, Copy)]
struct Format {
    width: u32,
    name: &'static str,
    mantissa: u32,
}

const FORMATS: [Format; 2] = [
    Format { width: 32, name: "float", mantissa: 23 },
    Format { width: 64, name: "double", mantissa: 52 },
];

impl Format {
    fn sign(self) -> U256 {
        U256::ONE << (self.width - 1)
    }

    fn infinity(self) -> U256 {
        (self.sign() - U256::ONE) >> self.mantissa << self.mantissa
    }

    fn quiet(self) -> U256 {
        U256::ONE << (self.mantissa - 1)
    }

    fn is_nan(self, x: Number) -> bool {
        x.bits & !self.sign() > self.infinity()
    }

    /// Every `float` is a `double`, and so is the order of the numbers.
    fn value(self, x: Number) -> f64 {
        if self.width == 32 {
            f32::from_bits(x.bits.as_u32()).into()
        } else {
            f64::from_bits(x.bits.as_u64())
        }
    }

    /// The numbers' order, with -0 below +0.
    fn is_below(self, x: Number, y: Number) -> bool {
        match self.value(x).partial_cmp(&self.value(y)) {
            Some(Ordering::Equal) => x.bits > y.bits,
            order => order == Some(Ordering::Less),
        }
    }
}

/// All cases of both formats.
pub fn add(cases: &mut Cases) {
    for format in FORMATS {
        comparisons(cases, format);
        signs(cases, format);
        classes(cases, format);
        minimum_and_maximum(cases, format);
        conversions(cases, format);
    }
}

/// Instructions with the operands as `%x` and `%y`.
fn with_operands(format: Format, text: &str) -> String {
    let Format { width, name, .. } = format;
    let text = text.replace("{F}", name).replace("{W}", &width.to_string());
    format!("%x = bitcast i{width} %a to {name}\n  %y = bitcast i{width} %b to {name}\n  {text}")
}

fn comparisons(cases: &mut Cases, format: Format) {
    use Ordering::{Equal, Greater, Less};
    let ordered: [(&str, &[Ordering]); 6] = [
        ("eq", &[Equal]),
        ("gt", &[Greater]),
        ("ge", &[Greater, Equal]),
        ("lt", &[Less]),
        ("le", &[Less, Equal]),
        ("ne", &[Less, Greater]),
    ];
    for (pred, orders) in ordered {
        for (prefix, of_nan) in [("o", false), ("u", true)] {
            let text = format!("%c = fcmp {prefix}{pred} {{F}} %x, %y\n  %r = zext i1 %c to i8");
            cases.add(format.width, with_operands(format, &text), &[8], move |a, b| {
                let order = format.value(a).partial_cmp(&format.value(b));
                vec![Number::flag(order.map_or(of_nan, |order| orders.contains(&order)))]
            });
        }
    }
    for (pred, of_nan) in [("ord", false), ("uno", true)] {
        let text = format!("%c = fcmp {pred} {{F}} %x, %y\n  %r = zext i1 %c to i8");
        cases.add(format.width, with_operands(format, &text), &[8], move |a, b| {
            vec![Number::flag((format.is_nan(a) || format.is_nan(b)) == of_nan)]
        });
    }
}

/// A case with a result of the same format.
fn same(
    cases: &mut Cases,
    format: Format,
    text: &str,
    expected: impl Fn(Number, Number) -> U256 + 'static,
) {
    let text = format!("%z = {text}\n  %r = bitcast {{F}} %z to i{{W}}");
    let width = format.width;
    cases.add(width, with_operands(format, &text), &[width], move |a, b| {
        vec![a.with(expected(a, b))]
    });
}

fn signs(cases: &mut Cases, format: Format) {
    let sign = format.sign();
    same(cases, format, "fneg {F} %x", move |a, _| a.bits ^ sign);
    same(cases, format, "call {F} @llvm.fabs.f{W}({F} %x)", move |a, _| a.bits & !sign);
    let text = "call {F} @llvm.copysign.f{W}({F} %x, {F} %y)";
    same(cases, format, text, move |a, b| (a.bits & !sign) | (b.bits & sign));
}

/// The class of a number as one bit (LLVM Language Reference, `llvm.is.fpclass`).
fn class(format: Format, x: Number) -> u32 {
    let magnitude = x.bits & !format.sign();
    let signed = |negative, positive| if x.is_negative() { negative } else { positive };
    if magnitude > format.infinity() {
        if x.bits & format.quiet() == U256::ZERO { 0x001 } else { 0x002 }
    } else if magnitude == format.infinity() {
        signed(0x004, 0x200)
    } else if magnitude >= U256::ONE << format.mantissa {
        signed(0x008, 0x100)
    } else if magnitude > U256::ZERO {
        signed(0x010, 0x080)
    } else {
        signed(0x020, 0x040)
    }
}

fn classes(cases: &mut Cases, format: Format) {
    for mask in (0..10).map(|bit| 1 << bit).chain([0, 0x3ff, 0x003, 0x1f8]) {
        let text = format!(
            "%c = call i1 @llvm.is.fpclass.f{{W}}({{F}} %x, i32 {mask})\n  %r = zext i1 %c to i8"
        );
        cases.add(format.width, with_operands(format, &text), &[8], move |a, _| {
            vec![Number::flag(class(format, a) & mask != 0)]
        });
    }
}

fn minimum_and_maximum(cases: &mut Cases, format: Format) {
    for name in ["minimumnum", "maximumnum", "minimum", "maximum"] {
        let text = format!("call {{F}} @llvm.{name}.f{{W}}({{F}} %x, {{F}} %y)");
        let prefers_number = name.ends_with("num");
        let is_minimum = name.starts_with("min");
        same(cases, format, &text, move |a, b| match (format.is_nan(a), format.is_nan(b)) {
            (true, false) if prefers_number => b.bits,
            (false, true) if prefers_number => a.bits,
            (true, _) => a.bits | format.quiet(),
            (false, true) => b.bits | format.quiet(),
            (false, false) if format.is_below(a, b) == is_minimum => a.bits,
            (false, false) => b.bits,
        });
    }
}

/// Of the operand as it is, which is mostly out of range, and of its sign and mantissa
/// with exponents around the limits.
///
/// No case needs a routine that returns floating point: this image has no
/// `compiler_builtins`, and libgcc's routines return it in registers of the 68881.
fn conversions(cases: &mut Cases, format: Format) {
    let bias = (1_u32 << (format.width - format.mantissa - 2)) - 1;
    for to in [1, 8, 24, 32, 48, 64] {
        for name in ["fptosi", "fptoui"] {
            let call = format!("call i{to} @llvm.{name}.sat.i{to}.f{{W}}({{F}} %x)");
            let text = with_operands(format, &format!("%r = {call}"));
            cases.add(format.width, text, &[to], move |a, _| {
                vec![saturated(name, to, format.value(a))]
            });
            for exponent in [bias - 1, bias + to / 2, bias + to - 2, bias + to - 1, bias + to] {
                let keep = !format.infinity();
                let set = U256::from(exponent) << format.mantissa;
                let text = format!(
                    "%m = and i{{W}} %a, {}\n  %s = or i{{W}} %m, {set}\n  \
                     %z = bitcast i{{W}} %s to {{F}}\n  %r = {}",
                    keep & (format.sign() | (format.sign() - U256::ONE)),
                    call.replace("%x", "%z"),
                );
                cases.add(format.width, with_operands(format, &text), &[to], move |a, _| {
                    let scaled = a.with((a.bits & keep) | set);
                    vec![saturated(name, to, format.value(scaled))]
                });
            }
        }
    }
}

/// Rust's own casts saturate, too.
fn saturated(name: &str, to: u32, x: f64) -> Number {
    let bits = if name == "fptosi" {
        let limit = 1_i128 << (to - 1);
        (x as i128).clamp(-limit, limit - 1)
    } else {
        (x as i128).clamp(0, (1 << to) - 1)
    };
    Number::new(to, U256::from_words((bits >> 127) as u128, bits as u128))
}
