//! Inline assembly.

use insta::assert_snapshot;

use super::statements;

#[test]
fn outputs_and_inputs() {
    let ir = "\
define i16 @f(i16 %a) {
  call void asm sideeffect \"move.w $0, %sr\", \"d,~{ccr},~{memory}\"(i16 %a)
  %r = call i16 asm sideeffect \"move.w %sr, $0\\0Aori.w #0x700, %sr\", \"=&d\"()
  ret i16 %r
}
";
    assert_snapshot!(statements(ir), @r#"
    __asm__ volatile("move.w %0, %%sr" :  : "d"(a0) : "cc", "memory");
    __asm__ volatile("move.w %%sr, %0\nori.w #0x700, %%sr" : "=&d"(t1) :  : );
    v1 = t1;
    return v1;
    "#);
}

#[test]
fn pinned_registers() {
    let ir = "\
define i32 @f(i32 %a, i32 %b) {
  %s = call { i32, ptr } asm sideeffect \"trap #5\", \"={d0},={a0},{d0},{d1},~{d2}\"(i32 %a, i32 %b)
  %r = extractvalue { i32, ptr } %s, 0
  ret i32 %r
}
";
    assert_snapshot!(super::program(ir), @r#"
    typedef struct { u32 f0; ptr f1; } T0;
    u32 f1_f(u32, u32) __asm__("f");
    u32 f1_f(u32 a0, u32 a1) {
      u32 v3;
      T0 v2;
      register u32 r1 __asm__("d0");
      register ptr r2 __asm__("a0");
      register u32 r3 __asm__("d0");
      register u32 r4 __asm__("d1");
      r3 = a0;
      r4 = a1;
      __asm__ volatile("trap #5" : "=r"(r1), "=r"(r2) : "r"(r3), "r"(r4) : "d2");
      v2.f0 = r1;
      v2.f1 = r2;
      v3 = v2.f0;
      return v3;
    }
    "#);
}

#[test]
fn tied_operands() {
    let ir = "\
define { i32, i32 } @f(i32 %a, i32 %b) {
  %r = call { i32, i32 } asm \"divul.l ${4}, ${1}:${0}\", \"=&d,=&d,0,1,d\"(i32 %a, i32 0, i32 %b)
  ret { i32, i32 } %r
}
";
    assert_snapshot!(statements(ir), @r#"
    __asm__("divul.l %4, %1:%0" : "=&d"(t1), "=&d"(t2) : "0"(a0), "1"(0u), "d"(a1) : );
    v2.f0 = t1;
    v2.f1 = t2;
    return v2;
    "#);
}

#[test]
fn symbols_and_memory() {
    let ir = "\
@x = external global i32
define void @f(ptr %p) {
  call void asm sideeffect \"jsr $0\", \"s\"(ptr @f)
  call void asm sideeffect \"tst.l $0; clr.w $1 # $$5 100% ${:uid}\", \"*m,=*m\"(ptr elementtype(i32) @x, ptr elementtype(i16) %p)
  ret void
}
";
    assert_snapshot!(statements(ir), @r#"
    __asm__ volatile("jsr %c0" :  : "i"((ptr)f1_f) : );
    __asm__ volatile("tst.l %0; clr.w %1 # $5 100%% %=" : "=m"(*(u16 *)a0) : "m"(*(u32 *)(ptr)&g2_x) : );
    return;
    "#);
}
