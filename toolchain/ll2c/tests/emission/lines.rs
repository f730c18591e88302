//! `#line`.

use insta::assert_snapshot;
use ll2c::emit::{RUNTIME, emit};
use ll2c::options::Options;
use ll2c::program::Program;

#[test]
fn rust_lines_at_the_head_and_at_statements() {
    let ir = "\
define i32 @f(i32 %a) !dbg !4 {
  %b = add i32 %a, 1, !dbg !5
  %c = add i32 %b, 2, !dbg !5
  %d = add i32 %c, 3
  br label %next, !dbg !6
next:
  ret i32 %d, !dbg !6
}
define i32 @g() {
  ret i32 0
}
!llvm.dbg.cu = !{!0}
!0 = distinct !DICompileUnit(language: DW_LANG_Rust, file: !1)
!1 = !DIFile(filename: \"src/a \\22b\\22.rs\", directory: \"/crate\")
!4 = distinct !DISubprogram(name: \"f\", file: !1, line: 10, unit: !0)
!5 = !DILocation(line: 11, column: 5, scope: !4)
!6 = !DILocation(line: 12, column: 1, scope: !4)
";
    let c = emit(&mut Program::from_text(ir).unwrap(), &Options::default()).unwrap();
    super::compile(&c);
    assert_snapshot!(c.strip_prefix(RUNTIME).unwrap().trim(), @r#"
    /* ---- the program ---- */
    u32 f1_f(u32) __asm__("f");
    u32 f2_g(void) __asm__("g");
    #line 10 "/crate/src/a \"b\".rs"
    u32 f1_f(u32 a0) {
      u32 v1, v2, v3;
    #line 11 "/crate/src/a \"b\".rs"
      v1 = a0 + 1u; v2 = v1 + 2u; v3 = v2 + 3u;
    #line 12 "/crate/src/a \"b\".rs"
      goto L1; L1:; return v3;
    }
    u32 f2_g(void) {
      return 0u;
    }
    "#);
}
