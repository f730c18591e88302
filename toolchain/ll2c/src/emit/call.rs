//! Calls.

use super::ctype::CType;
use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use super::symbols::{Boundary, Extension, Passed, Signature};
use crate::ir::{Arg, Call, Callee, Local, Ty};

impl FunctionEmitter<'_, '_> {
    /// `call`
    pub fn call(&mut self, result: Option<Local>, call: &Call) -> Outcome<()> {
        if call.must_tail {
            return Failure::unsupported("musttail");
        }
        match &call.callee {
            Callee::Intrinsic(name) => self.intrinsic(result, name, call),
            Callee::Asm(asm) => self.inline_asm(result, asm, call),
            Callee::Global(name) => {
                let entity = self.unit.named(self.module, name)?;
                let Some(callable) = &entity.function else {
                    return self.call_address(result, call, entity.address());
                };
                let boundary =
                    if callable.is_defined { Boundary::Inside } else { Boundary::Outside };
                let signature = self.call_signature(call, boundary)?;
                if callable.signature.accepts(&signature) {
                    let args = self.arguments(call, &signature)?;
                    let expr = Expr::call(&entity.identifier, args);
                    self.finish_call(result, call, &signature, expr)
                } else {
                    // GCC makes a trap of a call that names a function of another type.
                    self.call_address(result, call, entity.address())
                }
            }
            Callee::Indirect(address) => {
                let address = self.pointer(address)?;
                self.call_address(result, call, address)
            }
        }
    }

    fn call_address(&mut self, result: Option<Local>, call: &Call, address: Expr) -> Outcome<()> {
        let signature = self.call_signature(call, Boundary::Outside)?;
        let address = self.once(CType::Ptr, address);
        let args = self.arguments(call, &signature)?;
        let function = format!("(({} (*){}){address})", signature.ret, signature.parameter_list());
        let expr = Expr::call(&function, args);
        self.finish_call(result, call, &signature, expr)
    }

    fn call_signature(&mut self, call: &Call, boundary: Boundary) -> Outcome<Signature> {
        let params = call.args.iter().map(|arg| (arg.ty, &arg.attrs));
        let ret = (call.ret, &call.ret_attrs);
        self.unit.signature(ret, params, call.is_vararg, boundary)
    }

    fn arguments(&mut self, call: &Call, signature: &Signature) -> Outcome<Vec<Expr>> {
        call.args
            .iter()
            .zip(&signature.params)
            .map(|(arg, passed)| self.argument(arg, *passed))
            .collect()
    }

    fn argument(&mut self, arg: &Arg, passed: Passed) -> Outcome<Expr> {
        if let Some(ty) = arg.attrs.byval {
            return self.copied_argument(arg, ty);
        }
        match passed.extension {
            Extension::Zero => self.value(arg.ty, &arg.value),
            Extension::Sign => {
                let width = self.unit.width(arg.ty, "signext")?;
                self.signed(width, arg.ty, &arg.value)
            }
        }
    }

    /// `byval`: the address of a copy.
    fn copied_argument(&mut self, arg: &Arg, ty: Ty) -> Outcome<Expr> {
        let layout = self.unit.layout(ty)?;
        let align = arg.attrs.align.unwrap_or(layout.align);
        let size = layout.size.max(1);
        let from = self.value(arg.ty, &arg.value)?;
        let mut name = String::new();
        self.declare(|number| {
            name = format!("b{number}");
            format!("u8 {name}[{size}] __attribute__((aligned({align})))")
        });
        self.push(format_args!("__builtin_memcpy({name}, {from}, {});", layout.size));
        Ok(Expr::atom(name).cast("ptr"))
    }

    fn finish_call(
        &mut self,
        result: Option<Local>,
        call: &Call,
        signature: &Signature,
        expr: Expr,
    ) -> Outcome<()> {
        if signature.ret.c_type == CType::Void || result.is_none() {
            self.push(format_args!("{expr};"));
            return Ok(());
        }
        let expr = match signature.ret.extension {
            Extension::Zero => expr,
            Extension::Sign => self.unit.width(call.ret, "signext")?.mask(expr),
        };
        self.define(result, call.ret, &expr)
    }
}
