//! Calls.

use insta::assert_snapshot;

use super::program;

#[test]
fn direct() {
    let ir = "\
define i32 @f(i32 %x) {
  %r = call fastcc noundef i32 @g(i32 noundef %x, ptr null) #0
  call void @h()
  ret i32 %r
}
define internal i32 @g(i32 %a, ptr %b) {
  ret i32 %a
}
declare void @h() #0
attributes #0 = { cold noinline }
";
    assert_snapshot!(program(ir), @r#"
    u32 f1_f(u32) __asm__("f");
    static u32 f2_g(u32, ptr) __asm__("g");
    extern void f3_h(void) __asm__("h") __attribute__((cold, noinline));
    u32 f1_f(u32 a0) {
      u32 v1;
      v1 = f2_g(a0, (ptr)0);
      f3_h();
      return v1;
    }
    static u32 f2_g(u32 a0, ptr a1) {
      return a0;
    }
    "#);
}

#[test]
fn through_a_pointer() {
    let ir = "\
define i8 @f(ptr %p, i1 %x) {
  %r = call i8 %p(i1 %x, { i32, i32 } zeroinitializer)
  ret i8 %r
}
";
    assert_snapshot!(program(ir), @r#"
    typedef struct { u32 f0; u32 f1; } T0;
    u8 f1_f(ptr, u8) __asm__("f");
    u8 f1_f(ptr a0, u8 a1) {
      u8 v2;
      v2 = ((u8 (*)(u8, T0))a0)(a1, (T0){0});
      return v2;
    }
    "#);
}

#[test]
fn with_another_signature() {
    let ir = "\
define i32 @f() {
  %r = call i32 @g(i32 1)
  ret i32 %r
}
declare void @g()
";
    assert_snapshot!(program(ir), @r#"
    u32 f1_f(void) __asm__("f");
    extern void f2_g(void) __asm__("g");
    u32 f1_f(void) {
      u32 v0;
      ptr t1;
      t1 = (ptr)f2_g;
      v0 = ((u32 (*)(u32))t1)(1u);
      return v0;
    }
    "#);
}

#[test]
fn a_variable_as_function() {
    let ir = "\
@g = external global i8
define void @f() {
  call void @g()
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    void f1_f(void) __asm__("f");
    extern u8 g2_g[] __asm__("g");
    void f1_f(void) {
      ptr t1;
      t1 = (ptr)&g2_g;
      ((void (*)(void))t1)();
      return;
    }
    "#);
}

#[test]
fn small_integers_to_c_keep_their_sign() {
    let ir = "\
define i16 @f(i8 %a, i16 %b, ptr %p) {
  %r = call signext i16 @c(i8 signext %a, i16 zeroext %b, i8 signext -1)
  %s = call signext i16 %p(i8 signext %a)
  ret i16 %r
}
declare signext i16 @c(i8 signext, i16 zeroext, i8 signext)
";
    assert_snapshot!(program(ir), @r#"
    u16 f1_f(u8, u16, ptr) __asm__("f");
    extern s16 f2_c(s8, u16, s8) __asm__("c");
    u16 f1_f(u8 a0, u16 a1, ptr a2) {
      u16 v3, v4;
      v3 = (u16)f2_c((s8)a0, a1, -1);
      v4 = (u16)((s16 (*)(s8))a2)((s8)a0);
      return v3;
    }
    "#);
}

#[test]
fn inside_the_program_signs_do_not_matter() {
    let ir = "\
define i16 @f(i8 signext %a) {
  %r = call signext i16 @g(i8 signext %a)
  ret i16 %r
}
define internal signext i16 @g(i8 signext %a) {
  ret i16 0
}
";
    assert_snapshot!(program(ir), @r#"
    u16 f1_f(u8) __asm__("f");
    static u16 f2_g(u8) __asm__("g");
    u16 f1_f(u8 a0) {
      u16 v1;
      v1 = f2_g(a0);
      return v1;
    }
    static u16 f2_g(u8 a0) {
      return 0u;
    }
    "#);
}

#[test]
fn structs_come_back_in_registers() {
    let ir = "\
define { i32, i8 } @f(i8 %x) {
  %r = call { i32, i8 } @g(i8 %x)
  ret { i32, i8 } %r
}
define internal { i32, i8 } @g(i8 %x) {
  ret { i32, i8 } { i32 7, i8 1 }
}
";
    assert_snapshot!(program(ir), @r#"
    typedef struct { u32 f0; u32 f1; } T0;
    T0 f1_f(u8) __asm__("f");
    static T0 f2_g(u8) __asm__("g");
    T0 f1_f(u8 a0) {
      T0 v1;
      v1 = f2_g(a0);
      return v1;
    }
    static T0 f2_g(u8 a0) {
      return (T0){7u, 1u};
    }
    "#);
}

#[test]
fn structs_by_address() {
    let ir = "\
define void @f(ptr %s) {
  %out = alloca [12 x i8], align 4
  call void @g(ptr sret([12 x i8]) align 4 %out, ptr byval([7 x i8]) align 2 %s)
  ret void
}
define internal void @g(ptr sret([12 x i8]) align 4 %out, ptr byval([7 x i8]) align 2 %s) {
  ret void
}
";
    assert_snapshot!(program(ir), @r#"
    void f1_f(ptr) __asm__("f");
    static void f2_g(ptr, ptr) __asm__("g");
    void f1_f(ptr a0) {
      u8 slot0[12] __attribute__((aligned(4)));
      u8 b1[7] __attribute__((aligned(2)));
      __builtin_memcpy(b1, a0, 7);
      f2_g((ptr)slot0, (ptr)b1);
      return;
    }
    static void f2_g(ptr a0, ptr a1) {
      return;
    }
    "#);
}

#[test]
fn variable_arguments() {
    let ir = "\
define i32 @f(ptr %format, double %x) {
  %r = call i32 (ptr, ...) @printf(ptr %format, double %x, i32 7)
  ret i32 %r
}
declare i32 @printf(ptr, ...)
";
    assert_snapshot!(program(ir), @r#"
    u32 f1_f(ptr, f64) __asm__("f");
    extern u32 f2_printf(ptr, ...) __asm__("printf");
    u32 f1_f(ptr a0, f64 a1) {
      u32 v2;
      v2 = f2_printf(a0, a1, 7u);
      return v2;
    }
    "#);
}

#[test]
fn no_return() {
    let ir = "\
define void @f() {
  call void @panic()
  unreachable
}
declare void @panic() #0
attributes #0 = { noreturn }
";
    assert_snapshot!(program(ir), @r#"
    void f1_f(void) __asm__("f");
    extern void f2_panic(void) __asm__("panic") __attribute__((noreturn));
    void f1_f(void) {
      f2_panic();
      __builtin_unreachable();
    }
    "#);
}
