//! The typed model of LLVM IR that the parser makes and the emitter reads.
//!
//! It covers what rustc emits for the 680x0 (LLVM Language Reference, LLVM 22)
//! and keeps what it does not cover as a named construct, so that the emitter
//! can refuse it with a good message. It holds no C and no layout.

mod code;

use std::ops::Range;

pub use code::*;
pub use ethnum::U256;

/// A type, interned: equal types of all modules have equal ids. See [`Types`](crate::types::Types).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Ty(pub(crate) u32);

/// What a [`Ty`] stands for. Named struct types are resolved to their bodies.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TypeKind {
    /// `void`
    Void,
    /// `iN`, N in bits
    Int(u32),
    /// `ptr`, in address space 0
    Ptr,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `[len x elem]`
    Array {
        /// number of elements
        len: u64,
        /// their type
        elem: Ty,
    },
    /// `{ … }` or, packed, `<{ … }>`
    Struct {
        /// without padding
        packed: bool,
        /// the types of the fields, in order
        fields: Box<[Ty]>,
    },
    /// `metadata`: only as the type of an intrinsic's argument
    Metadata,
    /// A type that is parsed but not translated, as written: `half`, `<4 x i32>`, `token`…
    Unsupported(Box<str>),
}

/// The name of a global value, without `@`, unescaped.
pub type Name = Box<str>;

/// A local value: a parameter or the result of an instruction, numbered within its function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Local(pub u32);

/// A basic block, by its place in [`Body::blocks`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BlockId(pub u32);

/// A metadata node: `!123` is `MetaId(123)`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct MetaId(pub u32);

/// An operand: a local value or a constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `%x`
    Local(Local),
    /// anything that is known without running
    Const(Const),
}

/// A constant. Its type stands beside it, wherever it is used.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// An integer in two's complement, cut to the width of its type. `true` is 1.
    Int(U256),
    /// `null`, `zeroinitializer`, `none`
    Zero,
    /// `undef`, `poison`
    Undef,
    /// The bits of a `float` (in the low half) or of a `double`
    Float(u64),
    /// `c"…"`
    Bytes(Box<[u8]>),
    /// `[…]`, `{…}`, `<{…}>`; `splat` is written out
    Aggregate(Box<[(Ty, Const)]>),
    /// `@name`, the address of a function or variable
    Global(Name),
    /// a constant expression
    Expr(Box<ConstExpr>),
}

/// A constant expression.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstExpr {
    /// `getelementptr (source, ptr base, indices…)`
    Gep {
        /// the type that the first index steps over
        source: Ty,
        /// the address
        base: Const,
        /// type and value of each index; only [`Const::Int`] and [`Const::Zero`] can be translated
        indices: Box<[(Ty, Const)]>,
    },
    /// `op (from value to to)`
    Cast {
        /// which conversion
        op: CastOp,
        /// the type of `value`
        from: Ty,
        /// what is converted
        value: Const,
        /// the type of the result
        to: Ty,
    },
    /// `op (ty lhs, ty rhs)`
    Binary {
        /// which operation
        op: BinaryOp,
        /// the type of both sides and of the result
        ty: Ty,
        /// left
        lhs: Const,
        /// right
        rhs: Const,
    },
}

/// Linkage of a function or variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linkage {
    /// `private`
    Private,
    /// `internal`
    Internal,
    /// `external`, also when nothing is written
    External,
    /// `weak`, `weak_odr`
    Weak,
    /// `linkonce`, `linkonce_odr`
    LinkOnce,
    /// `extern_weak`: an undefined symbol may stay null
    ExternWeak,
    /// `available_externally`: the definition is only there to be inlined
    AvailableExternally,
    /// `common`
    Common,
    /// `appending`: `@llvm.used` and its like
    Appending,
}

impl Linkage {
    /// Not visible outside its module.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Linkage::Private | Linkage::Internal)
    }
}

/// A global variable or constant.
#[derive(Clone, Debug)]
pub struct Variable {
    /// its name
    pub name: Name,
    /// its linkage
    pub linkage: Linkage,
    /// `constant` rather than `global`
    pub is_const: bool,
    /// `thread_local`
    pub is_thread_local: bool,
    /// its type
    pub ty: Ty,
    /// `None` for a declaration
    pub init: Option<Const>,
    /// in bytes, if given
    pub align: Option<u32>,
    /// its section, if given
    pub section: Option<Box<str>>,
    /// line of the IR file, from 1
    pub line: u32,
}

/// A function, declared or defined. Its body is parsed on demand: see
/// [`Module::parse_body`](crate::module::Module::parse_body).
#[derive(Clone, Debug)]
pub struct Function {
    /// its name
    pub name: Name,
    /// its linkage
    pub linkage: Linkage,
    /// return type
    pub ret: Ty,
    /// attributes of the returned value
    pub ret_attrs: ParamAttrs,
    /// parameters, in order; the n-th is `Local(n)` of the body
    pub params: Vec<Param>,
    /// `...`
    pub is_vararg: bool,
    /// attributes of the function, groups included
    pub attrs: FunctionAttrs,
    /// its section, if given
    pub section: Option<Box<str>>,
    /// in bytes, if given
    pub align: Option<u32>,
    /// its `!dbg` subprogram
    pub debug: Option<MetaId>,
    /// `None` for a declaration
    pub body: Option<BodySource>,
    /// line of the IR file, from 1
    pub line: u32,
}

/// Where the text of a function's body stands.
#[derive(Clone, Debug)]
pub struct BodySource {
    /// bytes of the module's text, without the `define` line and without the closing brace
    pub text: Range<usize>,
    /// line of the IR file on which it starts, from 1
    pub first_line: u32,
    /// the names of the parameters as written, without `%`
    pub params: Box<[Name]>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// its type
    pub ty: Ty,
    /// its attributes
    pub attrs: ParamAttrs,
}

/// Those attributes of a parameter, argument or result that change the code.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct ParamAttrs {
    /// `signext`
    pub signext: bool,
    /// `zeroext`
    pub zeroext: bool,
    /// `sret(T)`
    pub sret: Option<Ty>,
    /// `byval(T)`: the caller makes a copy and passes its address
    pub byval: Option<Ty>,
    /// `align N`, in bytes
    pub align: Option<u32>,
    /// `elementtype(T)`: what an indirect operand of inline assembly points to
    pub elementtype: Option<Ty>,
}

/// Those attributes of a function that change the code.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for a word of the IR")]
pub struct FunctionAttrs {
    /// `noreturn`
    pub noreturn: bool,
    /// `cold`
    pub cold: bool,
    /// `noinline`
    pub noinline: bool,
    /// `alwaysinline`
    pub alwaysinline: bool,
    /// `naked`
    pub naked: bool,
}

/// `@alias = alias T, ptr @target`
#[derive(Clone, Debug)]
pub struct Alias {
    /// its name
    pub name: Name,
    /// its linkage
    pub linkage: Linkage,
    /// the value that it names
    pub target: Const,
    /// line of the IR file, from 1
    pub line: u32,
}
