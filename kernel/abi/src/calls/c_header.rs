//! The text of `equus.h`: constants, errors, structures and prototypes.

use alloc::string::String;
use core::fmt::Write;

use super::{CALLS, CallInfo};
use crate::constants::CONSTANTS;
use crate::error::CallError;

/// The structures of appendix B.1 in C. `tests/c_layout.rs` compares them with
/// the Rust ones by means of the compiler that modules are built with.
const STRUCTURES: &str = include_str!("structures.h");

/// The whole header.
pub fn equus_h() -> String {
    let mut text = String::from("/* Generated from kernel/abi: do not edit. */\n");
    text.push_str("#ifndef EQUUS_H\n#define EQUUS_H\n\n");
    for constant in CONSTANTS {
        text.push_str(&define(constant.name, constant.value));
    }
    text.push('\n');
    for error in CallError::ALL {
        line(&mut text, format_args!("/* {} */", error.text()));
        text.push_str(&define(error.c_name(), error.code()));
    }
    text.push('\n');
    text.push_str(STRUCTURES);
    for info in CALLS {
        text.push('\n');
        prototype(&mut text, info);
    }
    text.push_str("\n#endif\n");
    text
}

fn define(name: &str, value: i32) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("#define {name} ({value})"));
    text
}

fn prototype(text: &mut String, info: &CallInfo) {
    line(text, format_args!("/*{} */", info.doc.join("\n  ")));
    let mut parameters = String::new();
    for argument in info.arguments {
        let separator = if parameters.is_empty() { "" } else { ", " };
        write!(parameters, "{separator}{}{}{}", argument.c_before, argument.name, argument.c_after)
            .expect("a string takes everything");
    }
    if parameters.is_empty() {
        parameters.push_str("void");
    }
    line(text, format_args!("int {}({parameters});", info.name));
}

fn line(text: &mut String, what: core::fmt::Arguments<'_>) {
    writeln!(text, "{what}").expect("a string takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_read_as_in_appendix_b() {
        let header = equus_h();
        for expected in [
            "\nint inc_self(void);\n",
            "\nint inc_moduleId(const char *modname);\n",
            "\nint inc_receive(int port, Msg *msg, int block_invoker, int selector, int timeout);\n",
            "\nint inc_setPortHandler(int port, void (*handler)(), unsigned int priority);\n",
            "\n#define ERR_PEER_LOST (-15)\n",
            "\n#define RT_NONE (0)\n",
        ] {
            assert!(header.contains(expected), "{expected} is missing in:\n{header}");
        }
    }
}
