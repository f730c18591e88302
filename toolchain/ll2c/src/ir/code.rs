//! The bodies of functions: blocks, instructions, and the keywords in them.

use std::fmt;

use super::{BlockId, Local, MetaId, Name, ParamAttrs, Ty, U256, Value};

/// The body of a function.
#[derive(Clone, Debug)]
pub struct Body {
    /// the blocks; the first is the entry
    pub blocks: Vec<Block>,
    /// number of locals, parameters included
    pub locals: u32,
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct Block {
    /// its phi nodes
    pub phis: Vec<Phi>,
    /// the other instructions; the last one is the terminator
    pub insts: Vec<Inst>,
}

/// `result = phi ty [value, block], …`
#[derive(Clone, Debug)]
pub struct Phi {
    /// what it defines
    pub result: Local,
    /// its type
    pub ty: Ty,
    /// what it is when control comes from that block
    pub incoming: Vec<(Value, BlockId)>,
    /// line of the IR file, from 1
    pub line: u32,
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct Inst {
    /// what it defines, if anything
    pub result: Option<Local>,
    /// what it does
    pub op: Op,
    /// its `!dbg` location
    pub debug: Option<MetaId>,
    /// line of the IR file, from 1
    pub line: u32,
}

/// A typed operand.
#[derive(Clone, PartialEq, Debug)]
pub struct Operand {
    /// its type
    pub ty: Ty,
    /// its value
    pub value: Value,
}

/// What an instruction does (LLVM Language Reference, "Instruction Reference").
#[derive(Clone, Debug)]
pub enum Op {
    /// integer arithmetic and logic: both sides and the result have the type `ty`
    Binary {
        /// which
        op: BinaryOp,
        /// type
        ty: Ty,
        /// left
        lhs: Value,
        /// right
        rhs: Value,
    },
    /// `fadd` …
    FloatBinary {
        /// which
        op: FloatOp,
        /// type
        ty: Ty,
        /// left
        lhs: Value,
        /// right
        rhs: Value,
    },
    /// `fneg`
    FNeg(Operand),
    /// `icmp`, the result is an `i1`
    ICmp {
        /// which
        pred: IntPred,
        /// type of both sides: integer or pointer
        ty: Ty,
        /// left
        lhs: Value,
        /// right
        rhs: Value,
    },
    /// `fcmp`, the result is an `i1`
    FCmp {
        /// which
        pred: FloatPred,
        /// type of both sides
        ty: Ty,
        /// left
        lhs: Value,
        /// right
        rhs: Value,
    },
    /// `select`
    Select {
        /// an `i1`
        cond: Operand,
        /// type of both values and of the result
        ty: Ty,
        /// the value for 1
        then: Value,
        /// the value for 0
        other: Value,
    },
    /// conversions
    Cast {
        /// which
        op: CastOp,
        /// from
        value: Operand,
        /// to
        to: Ty,
    },
    /// `freeze`
    Freeze(Operand),
    /// `alloca`
    Alloca {
        /// element type
        ty: Ty,
        /// how many; `None` for one
        count: Option<Operand>,
        /// in bytes, if given
        align: Option<u32>,
    },
    /// `load`
    Load {
        /// type of the result
        ty: Ty,
        /// from where
        ptr: Value,
        /// in bytes, if given
        align: Option<u32>,
        /// `volatile`
        volatile: bool,
        /// for `load atomic`
        atomic: Option<Atomic>,
    },
    /// `store`
    Store {
        /// what
        value: Operand,
        /// where
        ptr: Value,
        /// in bytes, if given
        align: Option<u32>,
        /// `volatile`
        volatile: bool,
        /// for `store atomic`
        atomic: Option<Atomic>,
    },
    /// `getelementptr`
    Gep {
        /// the type that the first index steps over
        source: Ty,
        /// the address
        base: Operand,
        /// the indices
        indices: Vec<Operand>,
    },
    /// `extractvalue`
    ExtractValue {
        /// the aggregate
        value: Operand,
        /// the path
        indices: Vec<u32>,
    },
    /// `insertvalue`
    InsertValue {
        /// the aggregate
        value: Operand,
        /// what goes in
        elem: Operand,
        /// the path
        indices: Vec<u32>,
    },
    /// `fence`
    Fence(Atomic),
    /// `atomicrmw`: the result is the old value
    AtomicRmw {
        /// which
        op: RmwOp,
        /// where
        ptr: Value,
        /// with what
        value: Operand,
        /// ordering
        atomic: Atomic,
    },
    /// `cmpxchg`: the result is `{ ty, i1 }`
    CmpXchg {
        /// where
        ptr: Value,
        /// the expected value
        expected: Operand,
        /// the new value
        new: Value,
        /// ordering on success
        success: Atomic,
        /// ordering on failure
        failure: Ordering,
    },
    /// `call`
    Call(Box<Call>),
    /// `br label %to`
    Br(BlockId),
    /// `br i1 cond, label %then, label %other`
    CondBr {
        /// an `i1`
        cond: Value,
        /// for 1
        then: BlockId,
        /// for 0
        other: BlockId,
    },
    /// `switch`
    Switch {
        /// on what
        value: Operand,
        /// where else
        default: BlockId,
        /// the cases
        cases: Vec<(U256, BlockId)>,
    },
    /// `ret`
    Ret(Option<Operand>),
    /// `unreachable`
    Unreachable,
    /// An instruction that is recognised but not translated: its mnemonic.
    Unsupported(Box<str>),
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// return type
    pub ret: Ty,
    /// attributes of the result at the call
    pub ret_attrs: ParamAttrs,
    /// what is called
    pub callee: Callee,
    /// with what
    pub args: Vec<Arg>,
    /// the callee's type is variadic
    pub is_vararg: bool,
    /// `musttail`
    pub must_tail: bool,
}

/// What is called.
#[derive(Clone, Debug)]
pub enum Callee {
    /// `@llvm.name`: the name without `llvm.`
    Intrinsic(Name),
    /// a function by name
    Global(Name),
    /// a function by address
    Indirect(Value),
    /// inline assembly
    Asm(InlineAsm),
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub struct Arg {
    /// its type; [`TypeKind::Metadata`](super::TypeKind::Metadata) for metadata
    pub ty: Ty,
    /// its attributes
    pub attrs: ParamAttrs,
    /// its value; [`Const::Zero`](super::Const::Zero) for metadata
    pub value: Value,
}

/// `asm sideeffect "template", "constraints"`
#[derive(Clone, Debug)]
pub struct InlineAsm {
    /// it must not be removed or merged
    pub sideeffect: bool,
    /// unescaped
    pub template: Box<str>,
    /// unescaped
    pub constraints: Box<str>,
}

/// Ordering and scope of an atomic access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Atomic {
    /// the ordering
    pub ordering: Ordering,
    /// `syncscope("singlethread")`: a compiler fence only
    pub single_thread: bool,
}

/// Memory ordering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ordering {
    /// `unordered`
    Unordered,
    /// `monotonic`
    Monotonic,
    /// `acquire`
    Acquire,
    /// `release`
    Release,
    /// `acq_rel`
    AcqRel,
    /// `seq_cst`
    SeqCst,
}

/// Declares an enum of IR keywords with its parser and its printer.
macro_rules! keywords {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)*
        }
        impl $name {
            /// The keyword's meaning, `None` if it is none of these.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }
    };
}

keywords! {
    /// Integer operations.
    BinaryOp {
        Add = "add", Sub = "sub", Mul = "mul", UDiv = "udiv", SDiv = "sdiv", URem = "urem",
        SRem = "srem", Shl = "shl", LShr = "lshr", AShr = "ashr", And = "and", Or = "or", Xor = "xor",
    }
}
keywords! {
    /// Floating-point operations.
    FloatOp { Add = "fadd", Sub = "fsub", Mul = "fmul", Div = "fdiv", Rem = "frem" }
}
keywords! {
    /// Conversions.
    CastOp {
        Trunc = "trunc", ZExt = "zext", SExt = "sext", FpTrunc = "fptrunc", FpExt = "fpext",
        FpToUi = "fptoui", FpToSi = "fptosi", UiToFp = "uitofp", SiToFp = "sitofp",
        PtrToInt = "ptrtoint", PtrToAddr = "ptrtoaddr", IntToPtr = "inttoptr",
        Bitcast = "bitcast", AddrSpaceCast = "addrspacecast",
    }
}
keywords! {
    /// Integer comparisons.
    IntPred {
        Eq = "eq", Ne = "ne", Ugt = "ugt", Uge = "uge", Ult = "ult", Ule = "ule",
        Sgt = "sgt", Sge = "sge", Slt = "slt", Sle = "sle",
    }
}
keywords! {
    /// Floating-point comparisons.
    FloatPred {
        False = "false", Oeq = "oeq", Ogt = "ogt", Oge = "oge", Olt = "olt", Ole = "ole",
        One = "one", Ord = "ord", Ueq = "ueq", Ugt = "ugt", Uge = "uge", Ult = "ult",
        Ule = "ule", Une = "une", Uno = "uno", True = "true",
    }
}
keywords! {
    /// Read-modify-write operations.
    RmwOp {
        Xchg = "xchg", Add = "add", Sub = "sub", And = "and", Nand = "nand", Or = "or",
        Xor = "xor", Max = "max", Min = "min", UMax = "umax", UMin = "umin",
    }
}
