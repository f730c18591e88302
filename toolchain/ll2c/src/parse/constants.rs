//! Constants (LLVM Language Reference, "Constants").

use super::Cursor;
use crate::error::Result;
use crate::ir::{BinaryOp, CastOp, Const, ConstExpr, Ty, TypeKind, U256};
use crate::lexer::{Token, unescape};

impl Cursor<'_> {
    /// A constant of the type `ty`.
    pub(super) fn constant(&mut self, ty: Ty) -> Result<Const> {
        match self.token {
            Token::Number(text) => {
                let number = self.literal(text, ty)?;
                self.bump();
                Ok(number)
            }
            Token::Global(_) => Ok(Const::Global(self.global_name()?)),
            Token::Bytes(raw) => {
                self.bump();
                Ok(Const::Bytes(unescape(raw).into()))
            }
            Token::Punct(open @ ('[' | '{' | '<')) => self.nested(|cursor| cursor.aggregate(open)),
            Token::Word(word) => self.word_constant(word, ty),
            _ => Err(self.expected("a value")),
        }
    }

    /// A type and a constant of it.
    pub(super) fn typed_constant(&mut self) -> Result<(Ty, Const)> {
        let ty = self.ty()?;
        Ok((ty, self.constant(ty)?))
    }

    fn literal(&self, text: &str, ty: Ty) -> Result<Const> {
        let number = match self.types.kind(ty) {
            TypeKind::Int(bits) => integer(text, *bits).map(Const::Int),
            TypeKind::Double => double(text).map(Const::Float),
            TypeKind::Float => double(text).map(|bits| Const::Float(u64::from(to_float(bits)))),
            TypeKind::Unsupported(name) => {
                return Err(self.unsupported(format!("a constant of type {name}")));
            }
            _ => None,
        };
        number.ok_or_else(|| self.expected("a number that fits its type"))
    }

    fn aggregate(&mut self, open: char) -> Result<Const> {
        self.bump();
        let packed = open == '<' && self.accept_punct('{');
        let close = match open {
            '[' => ']',
            '<' if !packed => '>',
            _ => '}',
        };
        let mut elements = Vec::new();
        if !self.accept_punct(close) {
            elements.push(self.typed_constant()?);
            while self.accept_punct(',') {
                elements.push(self.typed_constant()?);
            }
            self.expect_punct(close)?;
        }
        if packed {
            self.expect_punct('>')?;
        }
        Ok(Const::Aggregate(elements.into()))
    }

    fn word_constant(&mut self, word: &str, ty: Ty) -> Result<Const> {
        let simple = match word {
            "true" => Some(Const::Int(U256::ONE)),
            "false" => Some(Const::Int(U256::ZERO)),
            "null" | "zeroinitializer" | "none" => Some(Const::Zero),
            "undef" | "poison" => Some(Const::Undef),
            _ => None,
        };
        if let Some(constant) = simple {
            self.bump();
            return Ok(constant);
        }
        match word {
            "splat" => self.nested(|cursor| cursor.splat(ty)),
            "dso_local_equivalent" | "no_cfi" => {
                self.bump();
                Ok(Const::Global(self.global_name()?))
            }
            "blockaddress" | "ptrauth" | "extractelement" | "insertelement" | "shufflevector" => {
                Err(self.unsupported(format!("the constant expression {word}")))
            }
            _ => self.nested(|cursor| cursor.expression(word)),
        }
    }

    /// `splat (i8 1)`: all elements of an array are the same.
    fn splat(&mut self, ty: Ty) -> Result<Const> {
        let TypeKind::Array { len, .. } = *self.types.kind(ty) else {
            return Err(self.unsupported("a vector constant"));
        };
        self.bump();
        self.expect_punct('(')?;
        let element = self.typed_constant()?;
        self.expect_punct(')')?;
        let len = usize::try_from(len).ok().filter(|&len| len < 1 << 24);
        let len =
            len.ok_or_else(|| self.syntax("this array is too long to be written out".into()))?;
        Ok(Const::Aggregate(vec![element; len].into()))
    }

    fn expression(&mut self, word: &str) -> Result<Const> {
        let expression = if word == "getelementptr" {
            self.address()?
        } else if let Some(op) = CastOp::from_word(word) {
            self.cast(op)?
        } else if let Some(op) = BinaryOp::from_word(word) {
            self.binary(op)?
        } else {
            return Err(self.expected("a value"));
        };
        Ok(Const::Expr(Box::new(expression)))
    }

    fn address(&mut self) -> Result<ConstExpr> {
        self.bump();
        self.skip_address_flags()?;
        self.expect_punct('(')?;
        let source = self.ty()?;
        self.expect_punct(',')?;
        let (_, base) = self.typed_constant()?;
        let mut indices = Vec::new();
        while self.accept_punct(',') {
            indices.push(self.typed_constant()?);
        }
        self.expect_punct(')')?;
        Ok(ConstExpr::Gep { source, base, indices: indices.into() })
    }

    /// The flags of `getelementptr` promise that an address stays within its
    /// object; GCC is told not to rely on that anyway.
    pub(super) fn skip_address_flags(&mut self) -> Result<()> {
        while let Token::Word("inbounds" | "nuw" | "nusw" | "inrange") = self.token {
            self.bump();
            if self.token == Token::Punct('(') && matches!(self.second(), Token::Number(_)) {
                self.skip_group()?;
            }
        }
        Ok(())
    }

    fn cast(&mut self, op: CastOp) -> Result<ConstExpr> {
        self.bump();
        self.expect_punct('(')?;
        let (from, value) = self.typed_constant()?;
        self.expect_word("to")?;
        let to = self.ty()?;
        self.expect_punct(')')?;
        Ok(ConstExpr::Cast { op, from, value, to })
    }

    fn binary(&mut self, op: BinaryOp) -> Result<ConstExpr> {
        self.bump();
        self.skip_flags();
        self.expect_punct('(')?;
        let (ty, lhs) = self.typed_constant()?;
        self.expect_punct(',')?;
        let (_, rhs) = self.typed_constant()?;
        self.expect_punct(')')?;
        Ok(ConstExpr::Binary { op, ty, lhs, rhs })
    }
}

/// An integer of `bits` bits in two's complement, if it fits: as signed or as unsigned.
fn integer(text: &str, bits: u32) -> Option<U256> {
    let mask = U256::MAX >> (256 - bits);
    match text.strip_prefix('-') {
        None => U256::from_str_radix(text, 10).ok().filter(|&value| value <= mask),
        Some(digits) => {
            let magnitude = U256::from_str_radix(digits, 10).ok()?;
            let lowest = U256::ONE << (bits - 1);
            (magnitude <= lowest).then(|| magnitude.wrapping_neg() & mask)
        }
    }
}

/// The bits of a `double`: decimal, or its bits in hexadecimal.
fn double(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok().map(f64::to_bits),
    }
}

/// The bits of a `float`, which LLVM writes as those of the equal `double`.
fn to_float(bits: u64) -> u32 {
    let value = f64::from_bits(bits);
    if value.is_nan() {
        // Not by a conversion: that would make a signalling NaN quiet.
        (bits >> 32 & 0x8000_0000) as u32 | 0x7F80_0000 | (bits >> 29 & 0x7F_FFFF) as u32
    } else {
        (value as f32).to_bits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_cut_to_their_width() {
        assert_eq!(integer("-1", 3), Some(U256::new(7)));
        assert_eq!(integer("-128", 8), Some(U256::new(128)));
        assert_eq!(integer("255", 8), Some(U256::new(255)));
        assert_eq!(integer("256", 8), None);
        assert_eq!(integer("-129", 8), None);
        assert_eq!(integer("-1", 256), Some(U256::MAX));
        let lowest = "-170141183460469231731687303715884105728";
        assert_eq!(integer(lowest, 128), Some(U256::ONE << 127));
    }

    #[test]
    fn floats_keep_every_bit() {
        assert_eq!(double("1.500000e+00"), Some(1.5_f64.to_bits()));
        assert_eq!(to_float(double("0x3FB99999A0000000").unwrap()), 0.1_f32.to_bits());
        assert_eq!(to_float(0xFFF0_0000_0000_0000), f32::NEG_INFINITY.to_bits());
        assert_eq!(to_float(0x7FF0_0000_2000_0000), 0x7F80_0001, "a signalling NaN stays one");
        assert_eq!(to_float(0x36A0_0000_0000_0000), 1, "the smallest subnormal");
    }
}
