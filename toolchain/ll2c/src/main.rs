//! The command `ll2c`. Its errors end it with exit code 1 (those of clap with 2).

use std::process::ExitCode;

use miette::{GraphicalReportHandler, GraphicalTheme};

fn main() -> ExitCode {
    match ll2c::cli::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Drawn on a terminal; elsewhere (rustc shows it among other text) plain.
fn report(error: &ll2c::error::Error) {
    use std::io::IsTerminal;
    let mut text = String::new();
    let written = if std::io::stderr().is_terminal() {
        GraphicalReportHandler::new().render_report(&mut text, error)
    } else {
        GraphicalReportHandler::new_themed(GraphicalTheme::none())
            .with_width(200)
            .render_report(&mut text, error)
    };
    written.expect("a String can always be written to");
    eprintln!("{}", text.trim_end());
}
