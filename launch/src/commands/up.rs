//! `equus up`.

use std::path::Path;

use super::daemon::{self, Outlet};
use super::start::{Serving, start};
use crate::cli::UpArgs;
use crate::connection::Connection;
use crate::daemon::ListenError;
use crate::failure::Failure;
use crate::place;
use crate::progress::Step;

/// Starts a pool.
pub fn up(socket: &Path, args: &UpArgs) -> Result<(), Failure> {
    if Connection::open(socket).is_ok() {
        return Err(ListenError::InUse(socket.to_owned()).into());
    }
    // What is wrong with the files is said here, before anything is started.
    let plan = daemon::plan(&args.pool, &args.files)?;
    let image = place::image(args.pool.image.as_deref())?;
    if args.foreground {
        return daemon::serve_socket(socket, plan, &image, Outlet::Terminal);
    }
    let (_, nodes) = plan.roster.count();
    let step = Step::start(format!("a pool of {nodes} nodes"));
    start(Serving::Socket(socket), &args.pool, &args.files, step)
}
