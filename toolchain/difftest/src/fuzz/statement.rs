//! Random statements. Loops are bounded, and what a function may cost is, too.

use super::Generator;
use super::scope::{Parameter, Scope};
use super::types::{Type, U32, integer};

/// How deep the expressions of a statement nest.
const DEPTH: u32 = 3;

impl Generator {
    /// Some statements; `nesting` bounds how deep loops and branches nest.
    /// `result` is what the function returns.
    pub fn statements(&mut self, scope: &mut Scope, result: &Type, nesting: u32) -> String {
        let count = self.rng.usize(1..5);
        (0..count).map(|_| self.statement(scope, result, nesting)).collect()
    }

    fn statement(&mut self, scope: &mut Scope, result: &Type, nesting: u32) -> String {
        match self.rng.u32(0..17) {
            0..=4 => self.declaration(scope),
            5..=8 => self.assignment(scope),
            9 => self.fold(scope),
            10 => self.closure(scope),
            11 => self.store(scope),
            12 if nesting > 0 => self.branch(scope, result, nesting),
            13 if nesting > 0 => self.counted_loop(scope, result, nesting),
            14 if nesting > 0 => self.inspection(scope, result, nesting),
            15 if nesting > 0 => self.early_return(scope, result),
            _ => self.lend(scope),
        }
    }

    fn declaration(&mut self, scope: &mut Scope) -> String {
        let ty = self.declarations.value(&mut self.rng, 2);
        let value = self.expression(scope, &ty, DEPTH);
        let name = self.name("v");
        scope.declare(&self.declarations, &name, &ty, true);
        format!("let mut {name}: {ty} = {value};\n")
    }

    fn assignment(&mut self, scope: &mut Scope) -> String {
        let Some(place) = scope.pick(&mut self.rng, |place| place.mutable).cloned() else {
            return self.declaration(scope);
        };
        let value = self.expression(scope, &place.ty, DEPTH);
        format!("{} = {value};\n", place.text)
    }

    /// A store to an element of an array whose index is computed.
    fn store(&mut self, scope: &mut Scope) -> String {
        let is_array = |ty: &Type| matches!(ty, Type::Array(..));
        let place = scope.pick(&mut self.rng, |place| place.mutable && is_array(&place.ty));
        let Some((text, Type::Array(element, len))) =
            place.map(|place| (place.text.clone(), place.ty.clone()))
        else {
            return self.assignment(scope);
        };
        let index = self.expression(scope, &U32, 1);
        let value = self.expression(scope, &element, DEPTH);
        format!("{text}[({index}) as usize % {len}] = {value};\n")
    }

    /// A sum over a slice, by one of the ways that iterators offer.
    fn fold(&mut self, scope: &mut Scope) -> String {
        let integers: Vec<_> = scope
            .slices
            .iter()
            .filter(|(_, element)| matches!(element, Type::Int { .. }))
            .cloned()
            .collect();
        if integers.is_empty() {
            return self.declaration(scope);
        }
        let (slice, element) = integers[self.rng.usize(..integers.len())].clone();
        scope.spend(8);
        let start = self.expression(scope, &element, 1);
        let name = self.name("v");
        scope.declare(&self.declarations, &name, &element, true);
        let sum = match self.rng.u32(0..4) {
            0 => format!("{slice}.iter().fold({start}, |sum, x| sum.wrapping_add(*x))"),
            1 => format!(
                "{slice}.iter().rev().enumerate().fold({start}, \
                 |sum, (i, x)| sum.wrapping_mul(3).wrapping_add(*x ^ i as {element}))"
            ),
            2 => format!(
                "{slice}.chunks(2).map(|pair| pair[0].wrapping_sub(pair[pair.len() - 1]))\
                 .fold({start}, |sum, x| sum ^ x)"
            ),
            _ => format!("{slice}.iter().copied().max().unwrap_or({start})"),
        };
        format!("let mut {name}: {element} = {sum};\n")
    }

    /// A call that changes a variable through a reference. The other arguments
    /// are evaluated before the variable is lent.
    fn lend(&mut self, scope: &mut Scope) -> String {
        let lenders: Vec<_> = self
            .functions
            .iter()
            .filter(|function| matches!(function.parameters[0], Parameter::Exclusive(_)))
            .cloned()
            .collect();
        if lenders.is_empty() {
            return self.declaration(scope);
        }
        let function = &lenders[self.rng.usize(..lenders.len())];
        let lent = scope.pick(&mut self.rng, |place| {
            place.mutable
                && matches!(&function.parameters[0], Parameter::Exclusive(ty) if *ty == place.ty)
        });
        let Some(lent) = lent.map(|place| place.text.clone()) else {
            return self.declaration(scope);
        };
        if !scope.spend(function.cost) {
            return self.declaration(scope);
        }
        let mut bindings = Vec::new();
        let mut arguments = vec![format!("&mut {lent}")];
        for parameter in &function.parameters[1..] {
            let (name, value) = (self.name("t"), self.argument(scope, parameter, 1));
            bindings.push(format!("let {name} = {value};\n"));
            arguments.push(name);
        }
        let name = self.name("v");
        scope.declare(&self.declarations, &name, &function.result, true);
        let (function, result) = (&function.name, &function.result);
        let (bindings, arguments) = (bindings.concat(), arguments.join(", "));
        format!("{bindings}let mut {name}: {result} = {function}({arguments});\n")
    }

    fn closure(&mut self, scope: &mut Scope) -> String {
        let ty = integer(&mut self.rng);
        let (closure, parameter) = (self.name("c"), self.name("x"));
        let mut inner = scope.clone();
        inner.declare(&self.declarations, &parameter, &ty, false);
        let body = self.expression(&mut inner, &ty, DEPTH);
        scope.budget = inner.budget;
        let argument = self.expression(scope, &ty, 1);
        let name = self.name("v");
        scope.declare(&self.declarations, &name, &ty, true);
        format!(
            "let {closure} = |{parameter}: {ty}| -> {ty} {{ {body} }};\n\
             let mut {name}: {ty} = {closure}({argument});\n"
        )
    }

    fn branch(&mut self, scope: &mut Scope, result: &Type, nesting: u32) -> String {
        let condition = self.condition(scope, DEPTH);
        let then = self.block(scope, result, nesting - 1);
        let other = self.block(scope, result, nesting - 1);
        format!("if {condition} {{\n{then}}} else {{\n{other}}}\n")
    }

    fn counted_loop(&mut self, scope: &mut Scope, result: &Type, nesting: u32) -> String {
        let count = self.rng.u64(1..9);
        let outer = scope.repeats;
        scope.repeats = outer.saturating_mul(count);
        let name = self.name("i");
        let mut inner = scope.clone();
        inner.declare(&self.declarations, &name, &U32, false);
        let body = self.block(&mut inner, result, nesting - 1);
        scope.budget = inner.budget;
        scope.repeats = outer;
        match self.rng.u32(0..3) {
            0 => format!("for {name} in (0..{count}u32).rev() {{\n{body}}}\n"),
            1 => format!(
                "let mut {name}n = 0u32;\nwhile {name}n < {count} {{\n\
                 let {name} = {name}n;\n{name}n += 1;\n{body}}}\n"
            ),
            _ => format!("for {name} in 0..{count}u32 {{\n{body}}}\n"),
        }
    }

    /// A `match` that takes an enum apart.
    fn inspection(&mut self, scope: &mut Scope, result: &Type, nesting: u32) -> String {
        let number = self.rng.usize(..self.declarations.enums.len());
        let value = self.expression(scope, &Type::Enum(number), DEPTH);
        let variants = self.declarations.enums[number].clone();
        let mut arms = Vec::new();
        for (index, data) in variants.iter().enumerate() {
            let mut inner = scope.clone();
            let pattern = match data {
                Some(ty) => {
                    let name = self.name("d");
                    inner.declare(&self.declarations, &name, ty, true);
                    format!("(mut {name})")
                }
                None => String::new(),
            };
            let body = self.block(&mut inner, result, nesting - 1);
            scope.budget = inner.budget;
            arms.push(format!("E{number}::V{index}{pattern} => {{\n{body}}}\n"));
        }
        format!("match {value} {{\n{}}}\n", arms.concat())
    }

    fn early_return(&mut self, scope: &mut Scope, result: &Type) -> String {
        let condition = self.condition(scope, 2);
        let value = self.expression(scope, result, 2);
        format!("if {condition} {{ return {value}; }}\n")
    }

    /// Statements whose variables end with them.
    fn block(&mut self, scope: &mut Scope, result: &Type, nesting: u32) -> String {
        let mut inner = scope.clone();
        let text = self.statements(&mut inner, result, nesting);
        scope.budget = inner.budget;
        text
    }
}
