//! Integers of the IR as C expressions.
//!
//! The invariant of the whole emitter: an integer of N bits is kept in the
//! smallest container that holds it, with zeros above the N bits. An operation
//! that may disturb the bits above ends with [`Width::mask`]; one that looks at
//! the sign starts with [`Width::sign_extend`].

use ethnum::U256;

use super::ctype::Container;
use super::expr::{Expr, Operator};

/// An integer type: 1 to 256 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Width {
    pub bits: u32,
    pub container: Container,
}

impl Width {
    /// `None` for integers that no container holds.
    pub fn new(bits: u32) -> Option<Self> {
        Container::holding(bits).map(|container| Width { bits, container })
    }

    /// There are no bits above.
    pub fn is_full(self) -> bool {
        self.bits == self.container.bits()
    }

    /// All bits set.
    pub fn max(self) -> U256 {
        U256::MAX >> (256 - self.bits)
    }

    /// The sign bit.
    pub fn min_signed(self) -> U256 {
        U256::ONE << (self.bits - 1)
    }

    /// The biggest number with a sign.
    pub fn max_signed(self) -> U256 {
        self.max() >> 1
    }

    /// A constant.
    pub fn literal(self, value: U256) -> Expr {
        literal_in(self.container, value & self.max())
    }

    /// A constant as C expression with its sign; for wide containers as [`Width::sign_extend`].
    pub fn signed_literal(self, value: U256) -> Expr {
        let value = value & self.max();
        let is_negative = value >= self.min_signed();
        if !self.container.is_native() {
            let above = if is_negative { !self.max() } else { U256::ZERO };
            return literal_in(self.container, (value | above) & container_max(self.container));
        }
        if !is_negative {
            return Expr::atom(format!("{value}{}", if self.bits > 32 { "ll" } else { "" }));
        }
        let magnitude = (U256::MAX >> (256 - self.bits)) - value + U256::ONE;
        match self.bits {
            // The magnitude of the smallest number is no literal of its type.
            32 | 64 => literal_in(self.container, value).cast(self.container.signed_name()),
            33..=63 => Expr::atom(format!("{magnitude}ll")).negated(),
            _ => Expr::atom(magnitude.to_string()).negated(),
        }
    }

    /// Clears the bits above, and gives the expression the container's type.
    pub fn mask(self, value: Expr) -> Expr {
        if !self.container.is_native() {
            return if self.is_full() {
                value
            } else {
                Expr::call(&self.container.function("and"), [value, self.literal(self.max())])
            };
        }
        if self.is_full() {
            value.cast(self.container)
        } else {
            value.op(Operator::And, self.literal(self.max())).cast(self.container)
        }
    }

    /// Clears the bits above of a value that has the container's type already.
    pub fn mask_same(self, value: Expr) -> Expr {
        if self.is_full() { value } else { self.mask(value) }
    }

    /// The number with its sign: of a signed C type, or in two's complement in a whole
    /// wide container.
    pub fn sign_extend(self, value: Expr) -> Expr {
        let container = self.container;
        let above = container.bits() - self.bits;
        if !container.is_native() {
            if above == 0 {
                return value;
            }
            let count = || Expr::number(above);
            let left = Expr::call(&container.function("shl_const"), [value, count()]);
            return Expr::call(&container.function("ashr_const"), [left, count()]);
        }
        if above == 0 {
            return value.cast(container.signed_name());
        }
        // C shifts at least 32 bits.
        let wide = container.max(Container::U32);
        let above = || Expr::number(wide.bits() - self.bits);
        let left = value.cast(wide).op(Operator::Shl, above()).cast(wide.signed_name());
        left.op(Operator::Shr, above())
    }
}

/// Moves an unsigned value into another container, without masking: bits that do not
/// fit are lost.
pub(super) fn convert(value: Expr, from: Container, to: Container) -> Expr {
    match (from, to) {
        _ if from == to => value,
        (Container::U256, Container::U128) => Expr::call("u256_low", [value]),
        (Container::U256, _) => convert(Expr::call("u256_low", [value]), Container::U128, to),
        (Container::U128, Container::U256) => Expr::call("u256_from", [value]),
        (Container::U128, Container::U64) => value.field("l"),
        (Container::U128, _) => value.field("l").cast(to),
        (_, Container::U256) => Expr::call("u256_from", [convert(value, from, Container::U128)]),
        (_, Container::U128) => Expr::call("u128_from", [value]),
        _ => value.cast(to),
    }
}

/// Moves a value that [`Width::sign_extend`] gave into a wider container, with its sign.
pub(super) fn convert_signed(value: Expr, from: Container, to: Container) -> Expr {
    match (from, to) {
        _ if from == to && !from.is_native() => value,
        (Container::U128, Container::U256) => Expr::call("u256_from_signed", [value]),
        (_, Container::U256) => {
            let middle = convert_signed(value, from, Container::U128);
            Expr::call("u256_from_signed", [middle])
        }
        (_, Container::U128) => Expr::call("u128_from_signed", [value]),
        _ => value.cast(to.signed_name()).cast(to),
    }
}

fn container_max(container: Container) -> U256 {
    U256::MAX >> (256 - container.bits())
}

/// Small numbers in decimal, big ones in hexadecimal.
fn literal_in(container: Container, value: U256) -> Expr {
    let (high, low) = value.into_words();
    match container {
        Container::U256 => Expr::call("u256_make", [wide_literal(high), wide_literal(low)]),
        Container::U128 => wide_literal(low),
        Container::U64 => narrow_literal(low as u64, "ull"),
        Container::U8 | Container::U16 | Container::U32 => narrow_literal(low as u64, "u"),
    }
}

fn narrow_literal(value: u64, suffix: &str) -> Expr {
    if value < 0x1_0000 {
        Expr::atom(format!("{value}{suffix}"))
    } else {
        Expr::atom(format!("{value:#x}{suffix}"))
    }
}

fn wide_literal(value: u128) -> Expr {
    let high = narrow_literal((value >> 64) as u64, "ull");
    Expr::call("u128_make", [high, narrow_literal(value as u64, "ull")])
}

#[cfg(test)]
mod tests {
    use ethnum::U256;

    use super::{Expr, Width};

    fn width(bits: u32) -> Width {
        Width::new(bits).expect("a width that exists")
    }

    #[test]
    fn masks_fit_the_width() {
        let x = || Expr::atom("x");
        assert_eq!(width(8).mask(x()).to_string(), "(u8)x");
        assert_eq!(width(1).mask(x()).to_string(), "(u8)(x & 1u)");
        assert_eq!(width(24).mask(x()).to_string(), "(u32)(x & 0xffffffu)");
        assert_eq!(width(63).mask(x()).to_string(), "(u64)(x & 0x7fffffffffffffffull)");
        assert_eq!(width(128).mask(x()).to_string(), "x");
        assert_eq!(
            width(65).mask(x()).to_string(),
            "u128_and(x, u128_make(1ull, 0xffffffffffffffffull))"
        );
    }

    #[test]
    fn signs_extend_through_the_top_of_a_c_integer() {
        let x = || Expr::atom("x");
        assert_eq!(width(16).sign_extend(x()).to_string(), "(s16)x");
        assert_eq!(width(3).sign_extend(x()).to_string(), "(s32)((u32)x << 29) >> 29");
        assert_eq!(width(48).sign_extend(x()).to_string(), "(s64)((u64)x << 16) >> 16");
        assert_eq!(
            width(100).sign_extend(x()).to_string(),
            "u128_ashr_const(u128_shl_const(x, 28), 28)"
        );
    }

    #[test]
    fn literals_with_sign() {
        let minus_one = |bits| width(bits).signed_literal(U256::MAX).to_string();
        assert_eq!(minus_one(1), "-1");
        assert_eq!(minus_one(8), "-1");
        assert_eq!(minus_one(32), "(s32)0xffffffffu");
        assert_eq!(minus_one(40), "-1ll");
        assert_eq!(minus_one(65), minus_one(128));
        assert_eq!(width(8).signed_literal(U256::new(0x80)).to_string(), "-128");
        assert_eq!(width(64).signed_literal(U256::new(5)).to_string(), "5ll");
    }

    #[test]
    fn there_is_nothing_beyond_256_bits() {
        assert_eq!(Width::new(0), None);
        assert_eq!(Width::new(257), None);
    }
}
