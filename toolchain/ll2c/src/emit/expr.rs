//! C expressions, put together so that precedence is right by construction.

use std::fmt;

/// How tightly an expression binds (ISO C11, 6.5).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Precedence {
    Conditional,
    LogicalOr,
    Or,
    Xor,
    And,
    Equality,
    Relational,
    Shift,
    Additive,
    Multiplicative,
    Unary,
    Primary,
}

/// A binary operator of C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    Mul,
    Div,
    Rem,
    Add,
    Sub,
    Shl,
    Shr,
    Lt,
    Gt,
    Le,
    Ge,
    Eq,
    Ne,
    And,
    Xor,
    Or,
    LogicalOr,
}

impl Operator {
    fn token(self) -> (&'static str, Precedence) {
        match self {
            Operator::Mul => ("*", Precedence::Multiplicative),
            Operator::Div => ("/", Precedence::Multiplicative),
            Operator::Rem => ("%", Precedence::Multiplicative),
            Operator::Add => ("+", Precedence::Additive),
            Operator::Sub => ("-", Precedence::Additive),
            Operator::Shl => ("<<", Precedence::Shift),
            Operator::Shr => (">>", Precedence::Shift),
            Operator::Lt => ("<", Precedence::Relational),
            Operator::Gt => (">", Precedence::Relational),
            Operator::Le => ("<=", Precedence::Relational),
            Operator::Ge => (">=", Precedence::Relational),
            Operator::Eq => ("==", Precedence::Equality),
            Operator::Ne => ("!=", Precedence::Equality),
            Operator::And => ("&", Precedence::And),
            Operator::Xor => ("^", Precedence::Xor),
            Operator::Or => ("|", Precedence::Or),
            Operator::LogicalOr => ("||", Precedence::LogicalOr),
        }
    }
}

/// Where an operand stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Left,
    Right,
}

/// A C expression without side effects, except calls.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    text: String,
    precedence: Precedence,
}

impl Expr {
    /// A name, a literal, or anything that needs no parentheses anywhere.
    pub fn atom(text: impl Into<String>) -> Self {
        Expr { text: text.into(), precedence: Precedence::Primary }
    }

    /// A decimal `unsigned int` literal, or `int` where that is the same.
    pub fn number(value: u32) -> Self {
        Expr::atom(value.to_string())
    }

    /// `name(args…)`
    pub fn call(name: &str, args: impl IntoIterator<Item = Expr>) -> Self {
        let mut text = format!("{name}(");
        for (index, arg) in args.into_iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(&arg.text);
        }
        text.push(')');
        Expr::atom(text)
    }

    /// `(type){fields…}`
    pub fn compound(c_type: impl fmt::Display, fields: &[Expr]) -> Self {
        let mut text = format!("({c_type}){{");
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(&field.text);
        }
        text.push('}');
        Expr::atom(text)
    }

    /// `self operator rhs`
    pub fn op(self, operator: Operator, rhs: Expr) -> Self {
        let (token, precedence) = operator.token();
        let lhs = self.beside(precedence, Side::Left);
        let text = format!("{lhs} {token} {}", rhs.beside(precedence, Side::Right));
        Expr { text, precedence }
    }

    /// `self ? then : other`
    pub fn select(self, then: Expr, other: Expr) -> Self {
        let text = format!(
            "{} ? {} : {}",
            self.wrapped_below(Precedence::LogicalOr),
            then.wrapped_below(Precedence::LogicalOr),
            other.wrapped_below(Precedence::Conditional),
        );
        Expr { text, precedence: Precedence::Conditional }
    }

    /// `(type)self`
    pub fn cast(self, c_type: impl fmt::Display) -> Self {
        self.prefixed(&format!("({c_type})"))
    }

    /// `!self`
    pub fn not(self) -> Self {
        self.prefixed("!")
    }

    /// `-self`
    pub fn negated(self) -> Self {
        self.prefixed("-")
    }

    /// `*(type *)self`
    pub fn dereferenced(self, c_type: impl fmt::Display) -> Self {
        self.prefixed(&format!("*({c_type} *)"))
    }

    /// `&self`
    pub fn address(self) -> Self {
        self.prefixed("&")
    }

    /// `self.field`
    pub fn field(self, name: impl fmt::Display) -> Self {
        Expr::atom(format!("{}.{name}", self.wrapped_below(Precedence::Primary)))
    }

    /// A name or a literal: to be used twice without computing it twice.
    pub fn is_simple(&self) -> bool {
        self.precedence == Precedence::Primary
            && self.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    fn prefixed(self, prefix: &str) -> Self {
        let would_decrement = prefix == "-" && self.text.starts_with('-');
        let text = if self.precedence < Precedence::Unary || would_decrement {
            format!("{prefix}({})", self.text)
        } else {
            format!("{prefix}{}", self.text)
        };
        Expr { text, precedence: Precedence::Unary }
    }

    /// As operand of a binary operator. All of them group from the left. Where readers, and
    /// GCC's warnings, do not trust precedence, there are more parentheses than C needs.
    fn beside(self, precedence: Precedence, side: Side) -> String {
        let is_needed = match side {
            Side::Left => self.precedence < precedence,
            Side::Right => self.precedence <= precedence,
        };
        let is_same = self.precedence == precedence;
        let is_binary = self.precedence < Precedence::Unary;
        let is_clearer = match precedence {
            Precedence::Or | Precedence::Xor | Precedence::And => is_binary && !is_same,
            Precedence::Shift => is_binary,
            Precedence::Equality | Precedence::Relational => is_same,
            _ => false,
        };
        if is_needed || is_clearer { format!("({})", self.text) } else { self.text }
    }

    fn wrapped_below(self, precedence: Precedence) -> String {
        if self.precedence < precedence { format!("({})", self.text) } else { self.text }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Expr, Operator};

    fn name(text: &str) -> Expr {
        Expr::atom(text)
    }

    #[test]
    fn parentheses_stand_where_c_needs_them() {
        let sum = name("a").op(Operator::Add, name("b"));
        assert_eq!(sum.clone().op(Operator::Mul, name("c")).to_string(), "(a + b) * c");
        assert_eq!(name("c").op(Operator::Sub, sum.clone()).to_string(), "c - (a + b)");
        assert_eq!(sum.clone().op(Operator::Sub, name("c")).to_string(), "a + b - c");
        assert_eq!(sum.clone().cast("u8").to_string(), "(u8)(a + b)");
        assert_eq!(sum.clone().cast("u8").cast("u32").to_string(), "(u32)(u8)(a + b)");
        assert_eq!(sum.clone().field("l").to_string(), "(a + b).l");
        assert_eq!(name("p").cast("ptr").field("h").to_string(), "((ptr)p).h");
        assert_eq!(
            name("a").select(name("b"), name("c")).select(sum.clone(), name("d")).to_string(),
            "(a ? b : c) ? a + b : d"
        );
        assert_eq!(
            name("a").op(Operator::And, sum).dereferenced("u8").to_string(),
            "*(u8 *)(a & (a + b))"
        );
    }

    #[test]
    fn two_minus_signs_do_not_become_a_decrement() {
        let twice = name("a").negated().cast("s32").negated();
        assert_eq!(twice.to_string(), "-(s32)-a");
        assert_eq!(name("a").negated().negated().to_string(), "-(-a)");
    }
}
