//! The socket where a pool is found. Its folder belongs to its user and is closed to others,
//! and who connects is known by the credentials that the operating system vouches for.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread;

use miette::Diagnostic;
use rustix::net::sockopt::socket_peercred;

use super::Event;
use super::clients;
use super::users::Users;
use crate::protocol::{self, FromDaemon, Refusal};

/// Connections at a time; more are refused.
const CLIENTS_MAX: usize = 128;

/// Why there is no socket.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ListenError {
    /// Another daemon listens there.
    #[error("a pool is up already at {}", .0.display())]
    #[diagnostic(help("`equus down` ends it; `--socket` chooses another place"))]
    InUse(PathBuf),
    /// The folder is open to others.
    #[error("the folder {} belongs to somebody else, or others may write in it", .0.display())]
    #[diagnostic(help("`chmod go-w` closes it; `--socket` chooses another place"))]
    Exposed(PathBuf),
    /// It cannot be made.
    #[error("cannot listen at {}", path.display())]
    #[diagnostic(help("`--socket` chooses another place"))]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// A socket that is removed with this value.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Listens at `path`, in a folder that is made if it is not there. What a daemon has left
    /// there that is dead is replaced.
    pub fn bind(path: &Path) -> Result<Self, ListenError> {
        let failed = |source| ListenError::Io { path: path.to_owned(), source };
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let metadata = fs::metadata(folder).map_err(failed)?;
        let is_own = metadata.uid() == rustix::process::geteuid().as_raw();
        if !is_own || metadata.mode() & 0o022 != 0 {
            return Err(ListenError::Exposed(folder.to_owned()));
        }
        match UnixStream::connect(path) {
            Ok(_) => return Err(ListenError::InUse(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(failed)?;
            }
            Err(_) => {}
        }
        let socket = UnixListener::bind(path).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { socket, path: path.to_owned() })
    }

    /// Serves everybody who connects and may, from a thread of its own.
    pub fn start(&self, users: Users, events: SyncSender<Event>) -> io::Result<()> {
        let socket = self.socket.try_clone()?;
        let clients = Arc::new(AtomicUsize::new(0));
        thread::Builder::new().name("listener".to_owned()).spawn(move || {
            for stream in socket.incoming().flatten() {
                // Whoever is not told why is gone already.
                let _ = admit(stream, &users, &events, &clients);
            }
        })?;
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Whoever has removed it before has done what is wanted here.
        let _ = fs::remove_file(&self.path);
    }
}

fn admit(
    mut stream: UnixStream,
    users: &Users,
    events: &SyncSender<Event>,
    clients: &Arc<AtomicUsize>,
) -> io::Result<()> {
    let user = users.admit(socket_peercred(&stream)?.uid);
    let room = clients.fetch_add(1, Ordering::Relaxed) < CLIENTS_MAX;
    let user = match user {
        Ok(user) if room => Ok(user),
        Ok(_) => Err(Refusal::new(format!("the pool serves {CLIENTS_MAX} connections already"))),
        Err(refusal) => Err(refusal),
    };
    let leave = {
        let clients = Arc::clone(clients);
        move || {
            clients.fetch_sub(1, Ordering::Relaxed);
        }
    };
    match user {
        Ok(user) => clients::serve(stream, user, events, leave),
        Err(refusal) => {
            leave();
            let refused = protocol::write(&mut stream, &FromDaemon::Refused(refusal));
            refused.map_err(io::Error::other)
        }
    }
}
