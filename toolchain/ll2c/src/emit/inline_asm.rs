//! Inline assembly: LLVM's constraints and template in GCC's words.
//!
//! Both follow the same idea: outputs, inputs, clobbers, numbered placeholders. What
//! differs: LLVM pins an operand with `{d0}`, GCC with a register variable; LLVM writes
//! `$0`, GCC `%0`.

use super::constants::c_string;
use super::ctype::CType;
use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use crate::ir::{Call, InlineAsm, Local, Ty, TypeKind, Value};

/// The operands of GCC's `asm`, in the making.
#[derive(Debug, Default)]
struct Operands {
    outputs: Vec<String>,
    inputs: Vec<String>,
    clobbers: Vec<String>,
    /// the variables that make up the result, in order
    results: Vec<Expr>,
    /// operands that are the names of symbols: the template prints them without `#`
    symbols: Vec<usize>,
}

impl Operands {
    fn count(&self) -> usize {
        self.outputs.len() + self.inputs.len()
    }
}

impl FunctionEmitter<'_, '_> {
    /// A call of inline assembly.
    pub fn inline_asm(
        &mut self,
        result: Option<Local>,
        asm: &InlineAsm,
        call: &Call,
    ) -> Outcome<()> {
        let mut results = self.result_types(call.ret).into_iter();
        let mut args = call.args.iter().map(|arg| (arg.ty, &arg.value, arg.attrs.elementtype));
        let mut operands = Operands::default();
        for constraint in constraints(&asm.constraints) {
            if let Some(clobber) = constraint.strip_prefix("~") {
                operands.clobbers.push(clobbered(clobber)?);
            } else if let Some(output) = constraint.strip_prefix('=') {
                let (is_early, output) = strip(output, '&');
                let (is_indirect, output) = strip(output, '*');
                let early = if is_early { "&" } else { "" };
                if is_indirect {
                    let place = self.indirect(args.next())?;
                    operands.outputs.push(format!("\"={early}{output}\"({place})"));
                } else {
                    let ty = results.next().ok_or_else(mismatch)?;
                    let (class, variable) = self.output(output, ty)?;
                    operands.outputs.push(format!("\"={early}{class}\"({variable})"));
                    operands.results.push(variable);
                }
            } else if let Some(input) = constraint.strip_prefix('*') {
                let place = self.indirect(args.next())?;
                operands.inputs.push(format!("\"{input}\"({place})"));
            } else {
                let (ty, value, _) = args.next().ok_or_else(mismatch)?;
                self.input(constraint, ty, value, &mut operands)?;
            }
        }
        let template = c_string(translated(&asm.template, &operands.symbols)?.as_bytes());
        let volatile = if asm.sideeffect { " volatile" } else { "" };
        self.push(format_args!(
            "__asm__{volatile}({template} : {} : {} : {});",
            operands.outputs.join(", "),
            operands.inputs.join(", "),
            operands.clobbers.join(", "),
        ));
        self.take_results(result, call.ret, &operands.results)
    }

    fn result_types(&self, ret: Ty) -> Vec<Ty> {
        match self.unit.kind(ret) {
            TypeKind::Void => Vec::new(),
            TypeKind::Struct { fields, .. } => fields.to_vec(),
            _ => vec![ret],
        }
    }

    /// A variable for an output, with GCC's class for it.
    fn output(&mut self, constraint: &str, ty: Ty) -> Outcome<(String, Expr)> {
        let c_type = self.register_type(ty)?;
        match pinned(constraint) {
            Some(register) => Ok(("r".to_owned(), self.register_variable(c_type, register))),
            None => Ok((class(constraint)?.to_owned(), self.temporary(c_type))),
        }
    }

    fn input(
        &mut self,
        constraint: &str,
        ty: Ty,
        value: &Value,
        operands: &mut Operands,
    ) -> Outcome<()> {
        if matches!(constraint, "s" | "i") {
            operands.symbols.push(operands.count());
            let value = self.value(ty, value)?;
            operands.inputs.push(format!("\"i\"({value})"));
            return Ok(());
        }
        let c_type = self.register_type(ty)?;
        let value = self.value(ty, value)?;
        let (class, value) = match pinned(constraint) {
            Some(register) => {
                let variable = self.register_variable(c_type, register);
                self.push(format_args!("{variable} = {value};"));
                ("r", variable)
            }
            // A number ties the input to that output.
            None if constraint.bytes().all(|byte| byte.is_ascii_digit()) => (constraint, value),
            None => (class(constraint)?, value),
        };
        operands.inputs.push(format!("\"{class}\"({value})"));
        Ok(())
    }

    fn indirect(&mut self, arg: Option<(Ty, &Value, Option<Ty>)>) -> Outcome<Expr> {
        let Some((_, value, Some(elem))) = arg else { return Err(mismatch()) };
        let c_type = self.register_type(elem)?;
        Ok(self.pointer(value)?.dereferenced(c_type))
    }

    /// Registers hold 8, 16 or 32 bits, or a pointer.
    fn register_type(&mut self, ty: Ty) -> Outcome<CType> {
        match self.unit.kind(ty) {
            TypeKind::Int(8 | 16 | 32) | TypeKind::Ptr => self.unit.c_type(ty),
            _ => Failure::unsupported(format!("an asm operand of type {}", self.unit.describe(ty))),
        }
    }

    fn register_variable(&mut self, c_type: CType, register: &str) -> Expr {
        let mut name = String::new();
        self.declare(|number| {
            name = format!("r{number}");
            format!("register {c_type} {name} __asm__(\"{register}\")")
        });
        Expr::atom(name)
    }

    fn take_results(&mut self, result: Option<Local>, ret: Ty, results: &[Expr]) -> Outcome<()> {
        let Some(result) = result else { return Ok(()) };
        let variable = self.local(result, ret)?;
        if !matches!(self.unit.kind(ret), TypeKind::Struct { .. }) {
            if let [value] = results {
                self.push(format_args!("{variable} = {value};"));
            }
            return Ok(());
        }
        for (field, value) in results.iter().enumerate() {
            self.push(format_args!("{variable}.f{field} = {value};"));
        }
        Ok(())
    }
}

fn mismatch() -> Failure {
    Failure::Unsupported("an asm constraint without a value of its own".to_owned())
}

/// The constraints, separated by commas outside braces.
fn constraints(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    })
    .filter(|constraint| !constraint.is_empty())
}

fn strip(text: &str, prefix: char) -> (bool, &str) {
    text.strip_prefix(prefix).map_or((false, text), |rest| (true, rest))
}

/// The register that a constraint such as `{d0}` names.
fn pinned(constraint: &str) -> Option<&str> {
    constraint.strip_prefix('{')?.strip_suffix('}')
}

/// The same class of registers in GCC's words.
fn class(constraint: &str) -> Outcome<&str> {
    match constraint {
        "r" | "d" | "a" => Ok(constraint),
        _ => Failure::unsupported(format!("the asm constraint {constraint:?}")),
    }
}

fn clobbered(clobber: &str) -> Outcome<String> {
    match pinned(clobber) {
        Some("ccr" | "cc" | "flags") => Ok("\"cc\"".to_owned()),
        Some(register) => Ok(format!("\"{register}\"")),
        None => Failure::unsupported(format!("the asm clobber {clobber:?}")),
    }
}

/// `$0`, `${0}`, `$$`, `${:uid}` and `%` as GCC writes them.
fn translated(template: &str, symbols: &[usize]) -> Outcome<String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find(['$', '%']) {
        text.push_str(&rest[..at]);
        let (sign, after) = rest[at..].split_at(1);
        rest = after;
        if sign == "%" {
            text.push_str("%%");
        } else if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
        } else if let Some((placeholder, after)) =
            rest.strip_prefix('{').and_then(|r| r.split_once('}'))
        {
            text.push_str(&placed(placeholder, symbols)?);
            rest = after;
        } else {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            text.push_str(&placed(&rest[..digits], symbols)?);
            rest = &rest[digits..];
        }
    }
    text.push_str(rest);
    Ok(text)
}

/// A placeholder: the number of an operand, perhaps with a modifier.
fn placed(placeholder: &str, symbols: &[usize]) -> Outcome<String> {
    let (number, modifier) = placeholder.split_once(':').unwrap_or((placeholder, ""));
    if number.is_empty() && modifier == "uid" {
        return Ok("%=".to_owned());
    }
    match number.parse::<usize>() {
        // `c` prints a constant without `#`.
        Ok(number) if symbols.contains(&number) => Ok(format!("%c{number}")),
        Ok(number) if modifier.is_empty() => Ok(format!("%{number}")),
        _ => Failure::unsupported(format!("the asm placeholder ${{{placeholder}}}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{constraints, translated};

    #[test]
    fn templates_change_their_signs() {
        let text = translated("move.w %sr, $0\n${1} $$5 ${2:P} ${:uid}", &[2]).expect("all known");
        assert_eq!(text, "move.w %%sr, %0\n%1 $5 %c2 %=");
        assert!(translated("${0:x}", &[]).is_err());
        assert!(translated("$x", &[]).is_err());
    }

    #[test]
    fn constraints_split_outside_braces() {
        let list: Vec<&str> = constraints("=&{d0},r,~{ccr},~{memory}").collect();
        assert_eq!(list, ["=&{d0}", "r", "~{ccr}", "~{memory}"]);
    }
}
