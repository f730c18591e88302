//! ^C and SIGTERM: the first ends the RDC everywhere, the second the launch program at once.

use std::process;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Answers;
use crate::failure::{Failure, exit};
use crate::protocol::ToDaemon;

/// Passes signals on, from a thread of its own.
pub(super) fn pass_on(answers: Answers) -> Result<(), Failure> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM]).map_err(Failure::system("listen to signals"))?;
    thread::spawn(move || {
        let mut ending = None;
        for signal in signals.forever() {
            let code = if signal == SIGTERM { exit::TERMINATED } else { exit::INTERRUPTED };
            // A daemon that cannot be told is gone, as a second signal says, too.
            if ending.replace(code).is_some() || answers.say(&ToDaemon::End { code }).is_err() {
                process::exit(code);
            }
        }
    });
    Ok(())
}
