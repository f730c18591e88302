//! Random expressions. None of them can panic: arithmetic wraps, or is checked
//! with a value for the other case; indices are reduced.

use super::Generator;
use super::scope::{Parameter, Scope};
use super::types::{Type, U32, integer};

impl Generator {
    /// An expression of a type; `depth` bounds how deep it nests.
    pub fn expression(&mut self, scope: &mut Scope, ty: &Type, depth: u32) -> String {
        scope.spend(1);
        if depth == 0 || self.rng.u32(0..8) == 0 {
            return self.leaf(scope, ty);
        }
        match self.rng.u32(0..10) {
            0 => self.conditional(scope, ty, depth),
            1 => self.selection(scope, ty, depth),
            2 | 3 => self.call(scope, ty, depth).unwrap_or_else(|| self.compound(scope, ty, depth)),
            4 => {
                self.unwrapped(scope, ty, depth).unwrap_or_else(|| self.compound(scope, ty, depth))
            }
            _ => self.compound(scope, ty, depth),
        }
    }

    /// A place or a literal.
    fn leaf(&mut self, scope: &mut Scope, ty: &Type) -> String {
        if self.rng.u32(0..4) != 0
            && let Some(place) = scope.pick(&mut self.rng, |place| place.ty == *ty)
        {
            return place.text.clone();
        }
        match ty {
            Type::Int { bits, signed } => self.literal(*bits, *signed),
            Type::Bool => self.rng.bool().to_string(),
            _ => self.compound(scope, ty, 0),
        }
    }

    /// A literal of an integer type, often at an edge.
    pub fn literal(&mut self, bits: u32, signed: bool) -> String {
        let ty = Type::Int { bits, signed };
        let shift = self.rng.u32(..bits);
        match self.rng.u32(0..8) {
            0 => format!("{ty}::MAX"),
            1 => format!("{ty}::MIN"),
            2 => format!("(1 as {ty}).wrapping_shl({shift})"),
            3 => format!("({:#x}u128 as {ty})", self.rng.u128(..)),
            _ => format!("{}{ty}", self.rng.u8(..128)),
        }
    }

    /// An expression made of others as the type asks for.
    fn compound(&mut self, scope: &mut Scope, ty: &Type, depth: u32) -> String {
        let depth = depth.saturating_sub(1);
        match ty {
            Type::Int { bits, signed } => self.arithmetic(scope, *bits, *signed, depth),
            Type::Bool => self.condition(scope, depth),
            Type::Array(element, len) => {
                let elements: Vec<_> =
                    (0..*len).map(|_| self.expression(scope, element, depth / 2)).collect();
                format!("[{}]", elements.join(", "))
            }
            Type::Pair(first, second) => {
                let first = self.expression(scope, first, depth);
                let second = self.expression(scope, second, depth);
                format!("({first}, {second})")
            }
            Type::Option(some) => self.option(scope, some, depth),
            Type::Struct(number) => self.structure(scope, *number, depth),
            Type::Enum(number) => self.variant(scope, *number, depth),
        }
    }

    fn structure(&mut self, scope: &mut Scope, number: usize, depth: u32) -> String {
        let fields = self.declarations.structs[number].clone();
        let fields: Vec<_> = fields
            .iter()
            .enumerate()
            .map(|(index, ty)| format!("f{index}: {}", self.expression(scope, ty, depth / 2)))
            .collect();
        format!("S{number} {{ {} }}", fields.join(", "))
    }

    fn variant(&mut self, scope: &mut Scope, number: usize, depth: u32) -> String {
        let variants = self.declarations.enums[number].clone();
        let index = self.rng.usize(..variants.len());
        match &variants[index] {
            Some(ty) => format!("E{number}::V{index}({})", self.expression(scope, ty, depth / 2)),
            None => format!("E{number}::V{index}"),
        }
    }

    fn option(&mut self, scope: &mut Scope, some: &Type, depth: u32) -> String {
        match (self.rng.u32(0..4), some) {
            (0, _) => format!("None::<{some}>"),
            (1, Type::Int { .. }) => {
                let left = self.expression(scope, some, depth);
                let right = self.expression(scope, some, depth);
                let operation = self.choose(&["add", "sub", "mul", "div", "rem"]);
                format!("({left}).checked_{operation}({right})")
            }
            _ => format!("Some({})", self.expression(scope, some, depth)),
        }
    }

    /// Integer arithmetic in every spelling that Rust has for it.
    fn arithmetic(&mut self, scope: &mut Scope, bits: u32, signed: bool, depth: u32) -> String {
        let ty = Type::Int { bits, signed };
        let kind = self.rng.u32(0..12);
        if kind == 0 {
            let from = integer(&mut self.rng);
            return format!("(({}) as {ty})", self.expression(scope, &from, depth));
        }
        if kind == 1 {
            return format!("({} as {ty})", self.condition(scope, depth));
        }
        let left = format!("({})", self.expression(scope, &ty, depth));
        if kind == 2 {
            let operation = self.choose(&[
                "wrapping_neg()",
                "swap_bytes()",
                "reverse_bits()",
                "leading_ones() as u8",
                "count_ones() as u8",
                "leading_zeros() as u8",
                "trailing_zeros() as u8",
                "trailing_ones() as u8",
            ]);
            return format!("({left}.{operation} as {ty})");
        }
        if kind == 3 {
            return format!("(!{left})");
        }
        if kind == 4 || kind == 5 {
            let count = self.expression(scope, &U32, depth.min(1));
            let operation =
                self.choose(&["wrapping_shl", "wrapping_shr", "rotate_left", "rotate_right"]);
            return format!("{left}.{operation}({count})");
        }
        let right = format!("({})", self.expression(scope, &ty, depth));
        let other = self.literal(bits, signed);
        self.binary(kind, &left, &right, &other)
    }

    /// An operation on two operands; `other` stands in where it has no result.
    fn binary(&mut self, kind: u32, left: &str, right: &str, other: &str) -> String {
        match kind {
            6 => {
                let operation = self.choose(&["&", "|", "^"]);
                format!("({left} {operation} {right})")
            }
            7 => {
                let operation =
                    self.choose(&["add", "sub", "mul", "div", "rem", "div_euclid", "rem_euclid"]);
                format!("{left}.checked_{operation}({right}).unwrap_or({other})")
            }
            8 => {
                let operation = self.choose(&["add", "sub", "mul"]);
                format!("{left}.saturating_{operation}({right})")
            }
            9 => {
                let operation = self.choose(&["add", "sub", "mul"]);
                format!("{left}.overflowing_{operation}({right}).0")
            }
            10 => {
                let operation = self.choose(&["min", "max"]);
                format!("{left}.{operation}({right})")
            }
            _ => {
                let operation = self.choose(&["add", "sub", "mul"]);
                format!("{left}.wrapping_{operation}({right})")
            }
        }
    }

    /// An expression of type `bool`.
    pub fn condition(&mut self, scope: &mut Scope, depth: u32) -> String {
        let depth = depth.saturating_sub(1);
        match self.rng.u32(0..8) {
            0 if depth > 0 => format!("(!{})", self.condition(scope, depth)),
            1 | 2 if depth > 0 => {
                let left = self.condition(scope, depth);
                let right = self.condition(scope, depth);
                let operation = self.choose(&["&&", "||", "^", "&"]);
                format!("({left} {operation} {right})")
            }
            3 => {
                let ty = integer(&mut self.rng);
                let left = self.expression(scope, &ty, depth);
                let right = self.expression(scope, &ty, depth);
                let operation = self.choose(&["add", "sub", "mul"]);
                format!("({left}).overflowing_{operation}({right}).1")
            }
            _ => {
                let ty = integer(&mut self.rng);
                let left = self.expression(scope, &ty, depth);
                let right = self.expression(scope, &ty, depth);
                let operation = self.choose(&["==", "!=", "<", "<=", ">", ">="]);
                format!("(({left}) {operation} ({right}))")
            }
        }
    }

    fn conditional(&mut self, scope: &mut Scope, ty: &Type, depth: u32) -> String {
        let condition = self.condition(scope, depth - 1);
        let then = self.expression(scope, ty, depth - 1);
        let other = self.expression(scope, ty, depth - 1);
        format!("(if {condition} {{ {then} }} else {{ {other} }})")
    }

    /// A `match` over integers, with ranges and alternatives.
    fn selection(&mut self, scope: &mut Scope, ty: &Type, depth: u32) -> String {
        let of = integer(&mut self.rng);
        let value = self.expression(scope, &of, depth - 1);
        let mut arms = Vec::new();
        let mut low = self.rng.u8(..20);
        for _ in 0..self.rng.u32(1..6) {
            let high = low + self.rng.u8(..12);
            let pattern = match self.rng.u32(0..3) {
                0 => format!("{low}..={high}"),
                1 => format!("{low} | {high}"),
                _ => low.to_string(),
            };
            let arm = self.expression(scope, ty, depth / 2);
            arms.push(format!("{pattern} => {arm}"));
            low = (high + 1).min(100);
        }
        let other = self.expression(scope, ty, depth - 1);
        format!("(match {value} {{ {}, _ => {other} }})", arms.join(", "))
    }

    /// A call of an earlier function, direct or through a pointer.
    fn call(&mut self, scope: &mut Scope, ty: &Type, depth: u32) -> Option<String> {
        let fitting: Vec<_> =
            self.functions.iter().filter(|function| function.result == *ty).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let function = &fitting[self.rng.usize(..fitting.len())];
        if !scope.spend(function.cost) {
            return None;
        }
        let arguments: Vec<_> = function
            .parameters
            .iter()
            .map(|parameter| self.argument(scope, parameter, depth / 2))
            .collect();
        let arguments = arguments.join(", ");
        let name = &function.name;
        Some(if self.rng.u32(0..3) == 0 {
            format!(
                "(black_box({name} as fn({}) -> {ty}))({arguments})",
                function.parameter_types()
            )
        } else {
            format!("{name}({arguments})")
        })
    }

    /// An argument, passed as the parameter wants it.
    pub fn argument(&mut self, scope: &mut Scope, parameter: &Parameter, depth: u32) -> String {
        match parameter {
            Parameter::Value(ty) => self.expression(scope, ty, depth),
            // A block, so that it is a copy that is lent, whatever else is in the call.
            Parameter::Exclusive(ty) => {
                format!("&mut {{ {} }}", self.expression(scope, ty, depth))
            }
            Parameter::Slice(element) => {
                let array = Type::Array(Box::new(element.clone()), self.rng.usize(1..6));
                format!("&{}[..]", self.expression(scope, &array, depth))
            }
        }
    }

    /// The content of an optional place, or another value.
    fn unwrapped(&mut self, scope: &mut Scope, ty: &Type, depth: u32) -> Option<String> {
        let wanted = Type::Option(Box::new(ty.clone()));
        let place = scope.pick(&mut self.rng, |place| place.ty == wanted)?.text.clone();
        let other = self.expression(scope, ty, depth - 1);
        Some(match self.rng.u32(0..2) {
            0 => format!("{place}.unwrap_or({other})"),
            _ => format!("(if let Some(inner) = {place} {{ inner }} else {{ {other} }})"),
        })
    }
}
