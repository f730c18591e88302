//! Runs a program as a step: its output is shown as progress, and whole when it fails.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};

use miette::{Diagnostic, IntoDiagnostic, Result, WrapErr};
use thiserror::Error;

use crate::progress::Step;

/// A program that ended with an error.
#[derive(Debug, Error, Diagnostic)]
#[error("{program} ended with {status}; what it said stands above")]
pub struct Failed {
    program: String,
    status: ExitStatus,
}

/// Runs `command` as the step `title`. `summary` makes the step's closing word
/// from its output.
pub fn run(
    title: &str,
    command: &mut Command,
    summary: impl FnOnce(&str) -> String,
) -> Result<String> {
    let step = Step::start(title);
    match captured(command, |line| step.note(line))? {
        Ok(output) => {
            step.done(&summary(&output));
            Ok(output)
        }
        Err((failed, output)) => {
            step.failed_with(&output);
            Err(failed.into())
        }
    }
}

/// Runs `command` and returns what it said on both channels, in order of arrival,
/// also if it fails.
fn captured(
    command: &mut Command,
    progress: impl FnMut(&str),
) -> Result<std::result::Result<String, (Failed, String)>> {
    let program = format!("{command:?}").replace('"', "");
    let (reader, writer) = std::io::pipe().into_diagnostic()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().into_diagnostic()?).stderr(writer);
    let mut child = command
        .spawn()
        .into_diagnostic()
        .wrap_err_with(|| format!("cannot start {}", command.get_program().display()))?;
    // The pipe closes when its last writer does: that of the command included.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let output = lines(reader, progress)?;
    let status = child.wait().into_diagnostic()?;
    if status.success() { Ok(Ok(output)) } else { Ok(Err((Failed { program, status }, output))) }
}

fn lines(reader: impl Read, mut progress: impl FnMut(&str)) -> Result<String> {
    let mut output = String::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.into_diagnostic()?;
        let line = String::from_utf8_lossy(&line);
        progress(line.trim());
        output.push_str(&line);
        output.push('\n');
    }
    Ok(output)
}
