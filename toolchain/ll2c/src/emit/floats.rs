//! Floating-point constants, bit for bit.

use super::expr::Expr;

/// A format of IEEE 754: widths in bits, and what C writes behind a literal.
struct Format {
    mantissa: u32,
    exponent: u32,
    suffix: &'static str,
    from_bits: &'static str,
    bits_suffix: &'static str,
}

const SINGLE: Format =
    Format { mantissa: 23, exponent: 8, suffix: "f", from_bits: "f32_from_bits", bits_suffix: "u" };
const DOUBLE: Format = Format {
    mantissa: 52,
    exponent: 11,
    suffix: "",
    from_bits: "f64_from_bits",
    bits_suffix: "ull",
};

/// A `float` with these bits.
pub(super) fn single(bits: u32) -> Expr {
    literal(u64::from(bits), &SINGLE)
}

/// A `double` with these bits.
pub(super) fn double(bits: u64) -> Expr {
    literal(bits, &DOUBLE)
}

/// 2 to the power of `exponent`, which is in the range of both formats' normal numbers.
pub(super) fn power_of_two(exponent: u32) -> Expr {
    Expr::atom(format!("0x1p+{exponent}"))
}

fn literal(bits: u64, format: &Format) -> Expr {
    let mantissa = bits & ((1 << format.mantissa) - 1);
    let exponent = (bits >> format.mantissa) & ((1 << format.exponent) - 1);
    let is_negative = bits >> (format.mantissa + format.exponent) & 1 == 1;
    if exponent == (1 << format.exponent) - 1 {
        // Infinities and NaNs have no literal.
        return Expr::atom(format!("{}({bits:#x}{})", format.from_bits, format.bits_suffix));
    }
    let excess = (1_i64 << (format.exponent - 1)) - 1;
    let (leading, power) = match (exponent, mantissa) {
        (0, 0) => (0, 0),
        (0, _) => (0, 1 - excess),
        _ => (1, exponent as i64 - excess),
    };
    // Hexadecimal digits hold four bits each: fill up on the right.
    let digits = format.mantissa.div_ceil(4);
    let fraction =
        format!("{:0width$x}", mantissa << (digits * 4 - format.mantissa), width = digits as usize);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let number = Expr::atom(format!("0x{leading}{point}{fraction}p{power:+}{}", format.suffix));
    if is_negative { number.negated() } else { number }
}

#[cfg(test)]
mod tests {
    use super::{double, single};

    #[test]
    fn doubles_are_exact() {
        let text = |x: f64| double(x.to_bits()).to_string();
        assert_eq!(text(1.0), "0x1p+0");
        assert_eq!(text(-0.0), "-0x0p+0");
        assert_eq!(text(0.1), "0x1.999999999999ap-4");
        assert_eq!(text(-3.5e300), "-0x1.4e7b4f70066e8p+998");
        assert_eq!(text(f64::from_bits(1)), "0x0.0000000000001p-1022");
        assert_eq!(text(f64::MAX), "0x1.fffffffffffffp+1023");
        assert_eq!(text(f64::NEG_INFINITY), "f64_from_bits(0xfff0000000000000ull)");
    }

    #[test]
    fn singles_are_exact() {
        let text = |x: f32| single(x.to_bits()).to_string();
        assert_eq!(text(1.5), "0x1.8p+0f");
        assert_eq!(text(0.1), "0x1.99999ap-4f");
        assert_eq!(text(f32::from_bits(1)), "0x0.000002p-126f");
        assert_eq!(text(f32::from_bits(0x7fc0_1234)), "f32_from_bits(0x7fc01234u)");
    }
}
