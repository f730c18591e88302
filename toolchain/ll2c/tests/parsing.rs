//! The parser, through the door that the emitter uses.

use std::fmt::Write;

use ll2c::error::{Error, Result};
use ll2c::ir::{
    Atomic, BinaryOp, Body, Callee, Const, ConstExpr, Function, Local, MetaId, Op, Ordering,
    TypeKind, U256, Value,
};
use ll2c::module::SymbolKind;
use ll2c::program::{ModuleId, Program};
use proptest::prelude::*;

/// Parses all that a module has.
fn parse(text: &str) -> Result<Vec<(Function, Option<Body>)>> {
    let mut program = Program::from_text(text)?;
    let module = &program.modules[0];
    let mut functions = Vec::new();
    for (symbol, index) in module.symbols().iter().zip(0..) {
        match symbol.kind {
            SymbolKind::Function => {
                let function = module.function(index, &mut program.types)?;
                let body = match function.body {
                    Some(_) => Some(module.parse_body(&function, &mut program.types)?),
                    None => None,
                };
                if let Some(id) = function.debug {
                    module.location(id);
                }
                functions.push((function, body));
            }
            SymbolKind::Variable => drop(module.variable(index, &mut program.types)?),
            SymbolKind::Alias(_) => (),
        }
    }
    Ok(functions)
}

/// The operations of the only function's first block.
fn operations(body: &str) -> Vec<Op> {
    let text = format!("define void @f(ptr %p, i32 %0) {{\n{body}}}\n");
    let mut functions = parse(&text).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    let mut body = functions.remove(0).1.expect("it has a body");
    body.blocks.remove(0).insts.into_iter().map(|inst| inst.op).collect()
}

const P: Value = Value::Local(Local(0));

fn int(value: u128) -> Value {
    Value::Const(Const::Int(U256::from(value)))
}

#[test]
fn blocks_and_values_are_numbered() {
    let text = "\
define i32 @f(i32 %0, i32 %n) {
  br label %\"loop head\"
\"loop head\":
  %i = phi i32 [ 0, %1 ], [ %next, %\"loop head\" ]
  %next = add nsw i32 %i, 1
  %done = icmp eq i32 %next, %n
  br i1 %done, label %3, label %\"loop head\", !dbg !7
3:                                                ; preds = %\"loop head\"
  ret i32 %next
}
";
    let functions = parse(text).unwrap();
    let body = functions[0].1.as_ref().unwrap();
    assert_eq!((body.blocks.len(), body.locals), (3, 5));
    let phi = &body.blocks[1].phis[0];
    let [(start, entry), (next, head)] = &phi.incoming[..] else { panic!("{phi:?}") };
    assert_eq!((start, entry.0, head.0), (&int(0), 0, 1));
    let Op::Binary { op: BinaryOp::Add, .. } = body.blocks[1].insts[0].op else { panic!() };
    assert_eq!(Some(next), body.blocks[1].insts[0].result.map(Value::Local).as_ref());
    let branch = body.blocks[1].insts.last().unwrap();
    assert!(matches!(branch.op, Op::CondBr { then, other, .. } if (then.0, other.0) == (2, 1)));
    assert_eq!((branch.debug, branch.line), (Some(MetaId(7)), 7));
}

#[test]
fn memory_operations_keep_what_matters() {
    let ops = operations(
        "  %a = load atomic volatile i32, ptr %p syncscope(\"singlethread\") acquire, align 4, !x !1
  store i8 -1, ptr %p, align 1
  %b = cmpxchg weak ptr %p, i32 1, i32 2 acq_rel monotonic, align 4
  %c = alloca [4 x i8], i32 %0, align 8
  fence seq_cst
  ret void
",
    );
    let Op::Load { volatile, atomic, align, .. } = &ops[0] else { panic!("{:?}", ops[0]) };
    let acquire = Atomic { ordering: Ordering::Acquire, single_thread: true };
    assert_eq!((volatile, atomic, align), (&true, &Some(acquire), &Some(4)));
    let Op::Store { value, ptr, .. } = &ops[1] else { panic!("{:?}", ops[1]) };
    assert_eq!((&value.value, ptr), (&int(255), &P));
    let Op::CmpXchg { success, failure, .. } = &ops[2] else { panic!("{:?}", ops[2]) };
    assert_eq!((success.ordering, *failure), (Ordering::AcqRel, Ordering::Monotonic));
    let Op::Alloca { count, align, .. } = &ops[3] else { panic!("{:?}", ops[3]) };
    assert_eq!((count.is_some(), align), (true, &Some(8)));
}

#[test]
fn calls_name_what_they_call() {
    let ops = operations(
        "  %a = tail call fastcc noundef zeroext i8 @f.1(ptr byval([3 x i8]) align 1 %p, i32 5) #3
  call void (ptr, ...) %p(ptr null)
  call void @llvm.assume(i1 true)
  ret void
",
    );
    let Op::Call(call) = &ops[0] else { panic!("{:?}", ops[0]) };
    assert!(matches!(&call.callee, Callee::Global(name) if &**name == "f.1"));
    assert!(call.ret_attrs.zeroext && call.args[0].attrs.byval.is_some());
    assert_eq!(call.args[1].value, int(5));
    let Op::Call(call) = &ops[1] else { panic!("{:?}", ops[1]) };
    assert!(call.is_vararg && matches!(call.callee, Callee::Indirect(P)));
    let Op::Call(call) = &ops[2] else { panic!("{:?}", ops[2]) };
    assert!(matches!(&call.callee, Callee::Intrinsic(name) if &**name == "assume"));
}

#[test]
fn inline_assembly_is_unescaped() {
    let ops = operations(
        "  %a = call i16 asm sideeffect alignstack \"move.w %sr, ${0}\\0Anop\", \"=&d,~{memory}\"()
  ret void
",
    );
    let Op::Call(call) = &ops[0] else { panic!("{:?}", ops[0]) };
    let Callee::Asm(assembly) = &call.callee else { panic!("{call:?}") };
    assert!(assembly.sideeffect);
    assert_eq!(&*assembly.template, "move.w %sr, ${0}\nnop");
    assert_eq!(&*assembly.constraints, "=&d,~{memory}");
}

#[test]
fn variables_keep_their_initializers() {
    let text = "\
%S = type { %T, ptr }
%T = type <{ i8, i32 }>
@x = internal constant %S { %T <{ i8 1, i32 -1 }>, ptr getelementptr inbounds (i8, ptr @y, i32 4) }, section \".s\", align 4
@y = external global [0 x i8]
@z = thread_local global i64 0
";
    let mut program = Program::from_text(text).unwrap();
    let Program { types, modules, .. } = &mut program;
    let x = modules[0].variable(0, types).unwrap();
    assert!(x.is_const && x.linkage.is_local());
    assert_eq!((x.section.as_deref(), x.align, x.line), (Some(".s"), Some(4), 3));
    let Some(Const::Aggregate(fields)) = x.init else { panic!("{x:?}") };
    assert!(matches!(types.kind(fields[0].0), TypeKind::Struct { packed: true, .. }));
    let Const::Expr(address) = &fields[1].1 else { panic!("{fields:?}") };
    assert!(matches!(&**address, ConstExpr::Gep { base: Const::Global(y), .. } if &**y == "y"));
    assert!(modules[0].variable(1, types).unwrap().init.is_none());
    assert!(modules[0].variable(2, types).unwrap().is_thread_local);
}

#[test]
fn heads_of_functions_keep_what_matters() {
    let text = "\
define internal fastcc noundef signext i16 @\"a b\"(ptr sret([8 x i8]) align 2 %r, i1 zeroext %1) \
unnamed_addr #1 section \".boot\" align 8 !dbg !3 {
  unreachable
}
declare void @printf(ptr, ...) local_unnamed_addr
attributes #1 = { cold noinline noreturn memory(none) \"target-cpu\"=\"M68020\" }
";
    let functions = parse(text).unwrap();
    let f = &functions[0].0;
    assert_eq!((&*f.name, f.section.as_deref(), f.align), ("a b", Some(".boot"), Some(8)));
    assert!(f.ret_attrs.signext && f.params[0].attrs.sret.is_some() && f.params[1].attrs.zeroext);
    assert!(f.attrs.cold && f.attrs.noinline && f.attrs.noreturn && !f.attrs.naked);
    assert_eq!(f.debug, Some(MetaId(3)));
    assert!(functions[1].0.is_vararg && functions[1].1.is_none());
}

#[test]
fn lists_of_used_symbols_and_assembly_are_read() {
    let text = "\
module asm \".globl \\22x\\22\"
@a = internal global i8 0
@llvm.used = appending global [1 x ptr] [ptr @a], section \"llvm.metadata\"
";
    let program = Program::from_text(text).unwrap();
    assert_eq!(program.modules[0].used(), [Box::from("a")]);
    assert_eq!(program.modules[0].assembly(), [Box::from(".globl \"x\"")]);
    let a = program.resolve(ModuleId(0), "a").unwrap();
    assert!(program.defines(a));
}

/// What is wrong, and the wrong text: whole modules, or bodies of a function.
const BROKEN: &[&str] = &[
    "  %x = add i32 1, %nowhere\n  ret void\n",
    "  %x = add i32 1, 2\n  %x = add i32 1, 2\n  ret void\n",
    "  br label %nowhere\n",
    "  %x = add i33\n",
    "  %x = load i32, i32 5\n  ret void\n",
    "  store i8 256, ptr %p\n  ret void\n",
    "  %x = frobnicate i32 5\n  ret void\n",
    "  %x = atomicrmw fadd ptr %p, float 1.0 seq_cst\n  ret void\n",
    "  ret void\n  ret void\n",
    "  fence seq_cst\n",
    "a:\n  br label %a\na:\n  ret void\n",
    "  %x = add i32 1, 2\n  %y = phi i32 [ 0, %a ]\n",
    "  %x = fence seq_cst\n",
    "  call void @f(ptr inreg %p)\n  ret void\n",
    "  call void @g() [ \"deopt\"() ]\n  ret void\n",
    "  %x = extractvalue { i32 } zeroinitializer\n  ret void\n",
    "  %x = bitcast half 0xH3C00 to i16\n  ret void\n",
    "  %x = select i1 true, i32 1, i64 2\n  ret void\n",
    "  store <2 x i8> splat (i8 1), ptr %p\n  ret void\n",
    "  ret i32 ~\n",
    "@x = global %Unknown zeroinitializer\n",
    "@x = dllimport global i32 0\n",
    "@x = global i32 0, align 3\n",
    "@x = global i32 0, comdat\n",
    "@x = ifunc void (), ptr @f\n",
    "@x = alias i8, ptr getelementptr (i8, ptr @y, i32 1)\n@y = global i8 0\n",
    "%T = type { %T }\n",
    "declare cc101 void @f()\n",
    "declare void @f() returns_twice\n",
    "declare void @f() #7\n",
    "define void @f() {\n",
    "@llvm.used = appending global [1 x ptr] [ptr null]\n",
    "@a = global i8 0\n@a = global i8 1\n",
];

fn as_module(text: &str) -> String {
    let is_module = text.starts_with(['@', '%', 'd']);
    if is_module {
        text.to_owned()
    } else {
        format!("define void @_RNvC1a4main(ptr %p) {{\n{text}}}\n")
    }
}

#[test]
fn errors_say_what_and_where() {
    let mut report = String::new();
    for text in BROKEN {
        let error = parse(&as_module(text)).err().unwrap_or_else(|| panic!("this parses: {text}"));
        let at = std::error::Error::source(&error).map(|at| format!("\n    {at}"));
        writeln!(report, "{error}{}", at.unwrap_or_default()).unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn nesting_has_a_limit() {
    let text =
        format!("@x = global {}i8{} zeroinitializer\n", "[1 x ".repeat(9999), "]".repeat(9999));
    assert!(matches!(parse(&text), Err(Error::Syntax { .. })));
}

/// A module that has a bit of everything.
const SAMPLE: &str = include_str!("sample.ll");

#[test]
fn the_sample_parses() {
    let functions = parse(SAMPLE).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    assert!(functions.len() >= 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever a file holds, the answer is a result and no panic.
    #[test]
    fn mutilated_text_is_no_panic(
        from in 0..SAMPLE.len(),
        length in 0..40_usize,
        insert in "[ -~\n]{0,12}",
    ) {
        let to = (from + length).min(SAMPLE.len());
        let text = format!("{}{insert}{}", &SAMPLE[..from], &SAMPLE[to..]);
        let _ = parse(&text);
    }
}
