//! What is not translated is an error that says what and where.

use insta::assert_snapshot;

use super::refusal;

/// A function with this body.
fn body(params: &str, text: &str) -> String {
    refusal(&format!(
        "define void @_RNvC1a4main({params}) {{\n  {text}\n  ret void\n}}\n@k = constant ptr @_RNvC1a4main\n"
    ))
}

#[test]
fn vectors() {
    assert_snapshot!(body("<4 x i32> %a", "%r = add <4 x i32> %a, %a"), @r"
    a value of type <4 x i32> is not supported
    in a::main, test.ll:1: define void @_RNvC1a4main(<4 x i32> %a) {
    ");
}

#[test]
fn half() {
    assert_snapshot!(body("ptr %p", "%r = load half, ptr %p"), @r"
    a value of type half in memory is not supported
    in a::main, test.ll:2: %r = load half, ptr %p
    ");
}

#[test]
fn integers_beyond_256_bits() {
    assert_snapshot!(body("ptr %p", "%r = load i257, ptr %p"), @r"
    a value of type i257 in memory is not supported
    in a::main, test.ll:2: %r = load i257, ptr %p
    ");
}

#[test]
fn division_of_256_bits() {
    assert_snapshot!(body("i256 %a", "%r = udiv i256 %a, %a"), @r"
    udiv on i256 is not supported
    in a::main, test.ll:2: %r = udiv i256 %a, %a
    ");
}

#[test]
fn wide_division_without_compiler_builtins() {
    assert_snapshot!(body("i128 %a", "%r = udiv i128 %a, %a"), @"undefined symbol __udivti3, used by a::main");
}

#[test]
fn volatile_odd_width() {
    assert_snapshot!(body("ptr %p", "%r = load volatile i24, ptr %p"), @r"
    a volatile access to i24 is not supported
    in a::main, test.ll:2: %r = load volatile i24, ptr %p
    ");
}

#[test]
fn volatile_struct() {
    assert_snapshot!(body("ptr %p", "store volatile { i8, i8 } zeroinitializer, ptr %p"), @r"
    a volatile access to { i8, i8 } is not supported
    in a::main, test.ll:2: store volatile { i8, i8 } zeroinitializer, ptr %p
    ");
}

#[test]
fn atomics_of_64_bits() {
    assert_snapshot!(body("ptr %p", "%r = load atomic i64, ptr %p seq_cst, align 8"), @r"
    an atomic access to i64 is not supported
    in a::main, test.ll:2: %r = load atomic i64, ptr %p seq_cst, align 8
    ");
    assert_snapshot!(body("ptr %p", "%r = atomicrmw add ptr %p, i64 1 seq_cst"), @r"
    an atomic access to i64 is not supported
    in a::main, test.ll:2: %r = atomicrmw add ptr %p, i64 1 seq_cst
    ");
    assert_snapshot!(body("ptr %p", "%r = cmpxchg ptr %p, i64 0, i64 1 seq_cst seq_cst"), @r"
    an atomic access to i64 is not supported
    in a::main, test.ll:2: %r = cmpxchg ptr %p, i64 0, i64 1 seq_cst seq_cst
    ");
}

#[test]
fn atomic_arithmetic_on_pointers() {
    assert_snapshot!(body("ptr %p", "%r = atomicrmw and ptr %p, ptr null seq_cst"), @r"
    atomicrmw and on a pointer is not supported
    in a::main, test.ll:2: %r = atomicrmw and ptr %p, ptr null seq_cst
    ");
}

#[test]
fn dynamic_alloca() {
    assert_snapshot!(body("i32 %n", "%r = alloca i8, i32 %n"), @r"
    alloca of a size that is not constant is not supported
    in a::main, test.ll:2: %r = alloca i8, i32 %n
    ");
}

#[test]
fn alloca_in_a_later_block() {
    assert_snapshot!(body("", "br label %next\nnext:\n  %r = alloca i8"), @r"
    alloca outside the first block is not supported
    in a::main, test.ll:4: %r = alloca i8
    ");
}

#[test]
fn huge_array_values() {
    assert_snapshot!(body("ptr %p", "%r = load [1000 x i32], ptr %p"), @r"
    a value of type [1000 x i32], kept in registers, is not supported
    in a::main, test.ll:2: %r = load [1000 x i32], ptr %p
    ");
}

#[test]
fn musttail() {
    assert_snapshot!(body("", "musttail call void @_RNvC1a4main()"), @r"
    musttail is not supported
    in a::main, test.ll:2: musttail call void @_RNvC1a4main()
    ");
}

#[test]
fn indirectbr() {
    let ir = "define void @f(ptr %p) {\n  indirectbr ptr %p, []\n}\n";
    assert_snapshot!(refusal(ir), @r"
    the instruction indirectbr is not supported
    in f, test.ll:2: indirectbr ptr %p, []
    ");
}

#[test]
fn unknown_intrinsics() {
    assert_snapshot!(
        body("i32 %a", "%r = call i32 @llvm.vscale.i32()"),
        @r"
    the intrinsic llvm.vscale.i32 is not supported
    in a::main, test.ll:2: %r = call i32 @llvm.vscale.i32()
    "
    );
}

#[test]
fn element_wise_atomic_copies() {
    let call = "call void @llvm.memcpy.element.unordered.atomic.p0.p0.i32(ptr align 4 %p, ptr align 4 %p, i32 8, i32 4)";
    assert_snapshot!(body("ptr %p", call), @r"
    the intrinsic llvm.memcpy.element.unordered.atomic.p0.p0.i32 is not supported
    in a::main, test.ll:2: call void @llvm.memcpy.element.unordered.atomic.p0.p0.i32(ptr align 4 %p, ptr align 4 %p, i32 8, i32 4)
    ");
}

#[test]
fn overflow_of_256_bits() {
    let call = "%r = call { i256, i1 } @llvm.umul.with.overflow.i256(i256 %a, i256 %a)";
    assert_snapshot!(body("i256 %a", call), @r"
    llvm.umul.with.overflow on i256 is not supported
    in a::main, test.ll:2: %r = call { i256, i1 } @llvm.umul.with.overflow.i256(i256 %a, i256 %a)
    ");
}

#[test]
fn asm_constraints_of_other_machines() {
    assert_snapshot!(body("i32 %a", "call void asm sideeffect \"nop\", \"q\"(i32 %a)"), @r#"
    the asm constraint "q" is not supported
    in a::main, test.ll:2: call void asm sideeffect "nop", "q"(i32 %a)
    "#);
}

#[test]
fn asm_operands_of_64_bits() {
    assert_snapshot!(body("i64 %a", "call void asm sideeffect \"nop\", \"r\"(i64 %a)"), @r#"
    an asm operand of type i64 is not supported
    in a::main, test.ll:2: call void asm sideeffect "nop", "r"(i64 %a)
    "#);
}

#[test]
fn structs_to_c() {
    assert_snapshot!(refusal("\
define void @f() {
  call void @c({ i32, i32 } zeroinitializer)
  ret void
}
declare void @c({ i32, i32 })
"), @r"
    a struct or 128-bit integer by value to or from a function that is not Rust is not supported
    in c, test.ll:5: declare void @c({ i32, i32 })
    ");
    assert_snapshot!(refusal("\
define void @f(ptr %p) {
  call void @c(ptr byval([8 x i8]) %p)
  ret void
}
declare void @c(ptr byval([8 x i8]))
"), @r"
    a struct or 128-bit integer by value to or from a function that is not Rust is not supported
    in c, test.ll:5: declare void @c(ptr byval([8 x i8]))
    ");
}

#[test]
fn thread_local_variables() {
    assert_snapshot!(refusal("@x = thread_local global i8 0\n"), @r"
    a thread_local variable is not supported
    test.ll:1: @x = thread_local global i8 0
    ");
}

#[test]
fn naked_functions() {
    assert_snapshot!(refusal("define void @f() naked {\n  unreachable\n}\n"), @r"
    a naked function is not supported
    in f, test.ll:1: define void @f() naked {
    ");
}

#[test]
fn variadic_definitions() {
    assert_snapshot!(refusal("define void @f(ptr %p, ...) {\n  ret void\n}\n"), @r"
    the definition of a function with variable arguments is not supported
    in f, test.ll:1: define void @f(ptr %p, ...) {
    ");
}

#[test]
fn names_that_the_assembler_misreads() {
    assert_snapshot!(refusal("@table.l = global i8 0\n"), @r#"
    the symbol name "table.l", which the assembler cannot take, is not supported
    test.ll:1: @table.l = global i8 0
    "#);
    assert_snapshot!(refusal("@\"a b\" = global i8 0\n"), @r#"
    the symbol name "a b", which the assembler cannot take, is not supported
    test.ll:1: @"a b" = global i8 0
    "#);
}

#[test]
fn initializers_that_no_linker_fills_in() {
    assert_snapshot!(refusal("\
@a = global i32 sub (i32 ptrtoint (ptr @b to i32), i32 ptrtoint (ptr @a to i32))
@b = global i32 0
"), @r"
    an initializer of type i32 of this form is not supported
    test.ll:1: @a = global i32 sub (i32 ptrtoint (ptr @b to i32), i32 ptrtoint (ptr @a to i32))
    ");
    assert_snapshot!(refusal("@a = global i64 ptrtoint (ptr @a to i64)\n"), @r"
    an initializer of type i64 of this form is not supported
    test.ll:1: @a = global i64 ptrtoint (ptr @a to i64)
    ");
}

#[test]
fn symbols_that_nobody_has() {
    assert_snapshot!(body("", "call void @_RNvC1a7missing()"), @"undefined symbol a::missing, used by a::main");
}

#[test]
fn ir_for_another_machine() {
    assert_snapshot!(refusal("target datalayout = \"e-m:e-i64:64\"\n"), @r#"
    a data layout other than "E-m:e-p:32:16:32-i8:8:8-i16:16:16-i32:16:32-n8:16:32-a:0:16-S16" is not supported
    test.ll:1: target datalayout = "e-m:e-i64:64"
    "#);
}
