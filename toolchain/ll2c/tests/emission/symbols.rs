//! Which symbols are written, and how others see them.

use insta::assert_snapshot;

use super::program;

#[test]
fn only_what_is_reachable() {
    let ir = "\
define void @kmain() {
  call void @_RNvC1a4used()
  ret void
}
define void @_RNvC1a4used() {
  ret void
}
define void @_RNvC1a6unused() {
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    void f1_kmain(void) __asm__("kmain");
    static void f2_a_used(void) __asm__("_RNvC1a4used");
    void f1_kmain(void) {
      f2_a_used();
      return;
    }
    static void f2_a_used(void) {
      return;
    }
    "#);
}

#[test]
fn local_symbols_cannot_be_taken_for_operand_sizes() {
    let ir = "\
@table.l = internal constant i8 1
@.Lanon.1 = private constant i8 2
define ptr @f() {
  %p = load ptr, ptr @table.l
  ret ptr @.Lanon.1
}
";
    assert_snapshot!(program(ir), @r#"
    ptr f1_f(void) __asm__("f");
    struct g2_table_l { u8 f0[1]; } __attribute__((packed));
    static const struct g2_table_l g2_table_l __asm__("table$l") __attribute__((aligned(1)));
    struct g3_Lanon_1 { u8 f0[1]; } __attribute__((packed));
    static const struct g3_Lanon_1 g3_Lanon_1 __asm__("$Lanon$1") __attribute__((aligned(1)));
    static const struct g2_table_l g2_table_l = {"\1"};
    static const struct g3_Lanon_1 g3_Lanon_1 = {"\2"};
    ptr f1_f(void) {
      ptr v0;
      v0 = *(ptr *)(ptr)&g2_table_l;
      return (ptr)&g3_Lanon_1;
    }
    "#);
}

#[test]
fn a_local_symbol_leaves_global_names_alone() {
    let ir = "\
@x.y = internal constant i8 1
@x$y = external global i8
define ptr @f() {
  %p = load ptr, ptr @x.y
  ret ptr @x$y
}
";
    assert_snapshot!(program(ir), @r#"
    ptr f1_f(void) __asm__("f");
    struct g2_x_y { u8 f0[1]; } __attribute__((packed));
    static const struct g2_x_y g2_x_y __asm__("x$y$1") __attribute__((aligned(1)));
    extern u8 g3_x_y[] __asm__("x$y");
    static const struct g2_x_y g2_x_y = {"\1"};
    ptr f1_f(void) {
      ptr v0;
      v0 = *(ptr *)(ptr)&g2_x_y;
      return (ptr)&g3_x_y;
    }
    "#);
}

#[test]
fn weak_symbols() {
    let ir = "\
@optional = extern_weak global i8
@replaceable = weak global i8 1
define weak void @f() section \".text.early\" {
  ret void
}
define ptr @g() {
  ret ptr @optional
}
";
    assert_snapshot!(program(ir), @r#"
    struct g1_replaceable { u8 f0[1]; } __attribute__((packed));
    extern struct g1_replaceable g1_replaceable __asm__("replaceable") __attribute__((aligned(1), weak));
    void f2_f(void) __asm__("f") __attribute__((weak, section(".text.early")));
    ptr f3_g(void) __asm__("g");
    extern u8 g4_optional[] __asm__("optional");
    struct g1_replaceable g1_replaceable = {"\1"};
    void f2_f(void) {
      return;
    }
    ptr f3_g(void) {
      return (ptr)&g4_optional;
    }
    "#);
}

#[test]
fn an_inlining_copy_does_not_define() {
    let ir = "\
define available_externally void @f() {
  ret void
}
define void @g() {
  call void @f()
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    void f1_g(void) __asm__("g");
    extern void f2_f(void) __asm__("f");
    void f1_g(void) {
      f2_f();
      return;
    }
    "#);
}

#[test]
fn libgcc_provides_what_gcc_calls_for_integers() {
    let ir = "\
define i64 @f(i64 %a) {
  %r = call i64 @__udivdi3(i64 %a, i64 10)
  ret i64 %r
}
define weak i64 @__udivdi3(i64 %a, i64 %b) {
  ret i64 %a
}
";
    assert_snapshot!(program(ir), @r#"
    u64 f1_f(u64) __asm__("f");
    extern u64 f2_udivdi3(u64, u64) __asm__("__udivdi3");
    u64 f1_f(u64 a0) {
      u64 v1;
      v1 = f2_udivdi3(a0, 10ull);
      return v1;
    }
    "#);
}

#[test]
fn compiler_builtins_provides_soft_float() {
    let ir = "\
define weak hidden double @__adddf3(double %a, double %b) {
  ret double %a
}
";
    assert_snapshot!(program(ir), @r#"
    f64 f1_adddf3(f64, f64) __asm__("__adddf3") __attribute__((weak));
    f64 f1_adddf3(f64 a0, f64 a1) {
      return a0;
    }
    "#);
}

#[test]
fn module_assembly() {
    let ir = "\
module asm \".globl probe\"
module asm \"probe: rts | \\22quoted\\22\"
";
    assert_snapshot!(program(ir), @r#"
    __asm__(
      ".globl probe\n"
      "probe: rts | \"quoted\"\n");
    "#);
}

#[test]
fn the_program_may_define_memcpy() {
    let ir = "\
define ptr @memcpy(ptr %to, ptr %from, i32 %n) {
  ret ptr %to
}
define void @f(ptr %to, ptr %from, i32 %n) {
  call void @llvm.memcpy.p0.p0.i32(ptr %to, ptr %from, i32 %n, i1 false)
  ret void
}
declare void @llvm.memcpy.p0.p0.i32(ptr, ptr, i32, i1)
";
    assert_snapshot!(program(ir), @r#"
    ptr f1_memcpy(ptr, ptr, u32) __asm__("memcpy");
    void f2_f(ptr, ptr, u32) __asm__("f");
    ptr f1_memcpy(ptr a0, ptr a1, u32 a2) {
      return a0;
    }
    void f2_f(ptr a0, ptr a1, u32 a2) {
      memcpy(a0, a1, a2);
      return;
    }
    "#);
}
