//! Atomic accesses, by GCC's builtins.
//!
//! For 8, 16 and 32 bits GCC uses the 68020's CAS and TAS instructions inline. Wider
//! ones would become calls of a library that is not there: they are refused.

use super::ctype::CType;
use super::expr::Expr;
use super::failure::{Failure, Outcome};
use super::function::FunctionEmitter;
use crate::ir::{Atomic, Local, Operand, Ordering, RmwOp, Ty, TypeKind, Value};

impl FunctionEmitter<'_, '_> {
    /// `load atomic`
    pub fn load_atomic(
        &mut self,
        result: Option<Local>,
        ty: Ty,
        ptr: &Value,
        is_volatile: bool,
        atomic: Atomic,
    ) -> Outcome<()> {
        let c_type = self.atomic_type(ty, is_volatile)?;
        let ptr = self.pointer(ptr)?.cast(format_args!("{c_type} *"));
        let expr = Expr::call("__atomic_load_n", [ptr, order(atomic.ordering)]);
        self.define(result, ty, &expr)
    }

    /// `store atomic`
    pub fn store_atomic(
        &mut self,
        value: &Operand,
        ptr: &Value,
        is_volatile: bool,
        atomic: Atomic,
    ) -> Outcome<()> {
        let c_type = self.atomic_type(value.ty, is_volatile)?;
        let ptr = self.pointer(ptr)?.cast(format_args!("{c_type} *"));
        let value = self.operand(value)?;
        let expr = Expr::call("__atomic_store_n", [ptr, value, order(atomic.ordering)]);
        self.push(format_args!("{expr};"));
        Ok(())
    }

    /// `fence`
    pub fn fence(&mut self, atomic: Atomic) {
        let scope = if atomic.single_thread { "signal" } else { "thread" };
        self.push(format_args!("__atomic_{scope}_fence({});", order(atomic.ordering)));
    }

    /// `atomicrmw`
    pub fn read_modify_write(
        &mut self,
        result: Option<Local>,
        op: RmwOp,
        ptr: &Value,
        value: &Operand,
        atomic: Atomic,
    ) -> Outcome<()> {
        let c_type = self.atomic_type(value.ty, false)?;
        let ptr = self.pointer(ptr)?.cast(format_args!("{c_type} *"));
        let operand = self.operand(value)?;
        let builtin = match op {
            RmwOp::Xchg => "__atomic_exchange_n",
            _ if c_type == CType::Ptr => {
                return Failure::unsupported(format!("atomicrmw {op} on a pointer"));
            }
            RmwOp::Add => "__atomic_fetch_add",
            RmwOp::Sub => "__atomic_fetch_sub",
            RmwOp::And => "__atomic_fetch_and",
            RmwOp::Nand => "__atomic_fetch_nand",
            RmwOp::Or => "__atomic_fetch_or",
            RmwOp::Xor => "__atomic_fetch_xor",
            RmwOp::Max | RmwOp::Min | RmwOp::UMax | RmwOp::UMin => {
                let expr = Expr::call(&format!("{c_type}_fetch_{op}"), [ptr, operand]);
                return self.define(result, value.ty, &expr);
            }
        };
        let expr = Expr::call(builtin, [ptr, operand, order(atomic.ordering)]);
        self.define(result, value.ty, &expr)
    }

    /// `cmpxchg`: the result is the old value, and whether it was the expected one.
    pub fn compare_exchange(
        &mut self,
        result: Option<Local>,
        ptr: &Value,
        expected: &Operand,
        new: &Value,
        (success, failure): (Atomic, Ordering),
    ) -> Outcome<()> {
        let ty = expected.ty;
        let c_type = self.atomic_type(ty, false)?;
        let ptr = self.pointer(ptr)?.cast(format_args!("{c_type} *"));
        let (expected, new) = (self.operand(expected)?, self.value(ty, new)?);
        let old = self.temporary(c_type);
        let (success, failure) = exchange_orders(success.ordering, failure);
        let args =
            [ptr, old.clone().address(), new, Expr::number(0), order(success), order(failure)];
        let exchange = Expr::call("__atomic_compare_exchange_n", args);
        self.push(format_args!("{old} = {expected};"));
        let Some(result) = result else {
            self.push(format_args!("{exchange};"));
            return Ok(());
        };
        let fields = [ty, self.bit_type()].into();
        let pair = self.unit.program.types.intern(TypeKind::Struct { packed: false, fields });
        let result = self.local(result, pair)?;
        self.push(format_args!("{result}.f1 = {exchange};"));
        self.push(format_args!("{result}.f0 = {old};"));
        Ok(())
    }

    fn atomic_type(&mut self, ty: Ty, is_volatile: bool) -> Outcome<CType> {
        let is_fine = matches!(self.unit.kind(ty), TypeKind::Int(8 | 16 | 32) | TypeKind::Ptr);
        if !is_fine || is_volatile {
            let volatile = if is_volatile { "a volatile" } else { "an" };
            return Failure::unsupported(format!(
                "{volatile} atomic access to {}",
                self.unit.describe(ty)
            ));
        }
        self.unit.c_type(ty)
    }
}

/// The orderings of a compare-and-exchange as C allows them: on failure nothing is
/// released, and nothing is stronger than on success.
fn exchange_orders(success: Ordering, failure: Ordering) -> (Ordering, Ordering) {
    match (success, failure) {
        (_, Ordering::SeqCst) => (Ordering::SeqCst, Ordering::SeqCst),
        (Ordering::Release, Ordering::Acquire) => (Ordering::AcqRel, Ordering::Acquire),
        (Ordering::Unordered | Ordering::Monotonic, Ordering::Acquire) => {
            (Ordering::Acquire, Ordering::Acquire)
        }
        pair => pair,
    }
}

fn order(ordering: Ordering) -> Expr {
    Expr::atom(match ordering {
        // C has nothing weaker than relaxed.
        Ordering::Unordered | Ordering::Monotonic => "__ATOMIC_RELAXED",
        Ordering::Acquire => "__ATOMIC_ACQUIRE",
        Ordering::Release => "__ATOMIC_RELEASE",
        Ordering::AcqRel => "__ATOMIC_ACQ_REL",
        Ordering::SeqCst => "__ATOMIC_SEQ_CST",
    })
}
