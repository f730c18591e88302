//! The daemon's process: `equus up` starts it, in the background or as itself.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread;

use console::style;
use qemu::{Pool, PoolConfig};
use rustix::net::sockopt::socket_peercred;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::{DaemonArgs, DescriptorArgs, PoolArgs};
use crate::daemon::{
    self, Connections, Daemon, Event, Lifetime, Listener, Progress, Reporter, Roster, Users,
    events_of_pool,
};
use crate::descriptors::{DescriptorError, parse_nodes, parse_users};
use crate::failure::Failure;
use crate::place;
use crate::protocol::Refusal;

/// Nodes of a pool of which nothing else is said.
const NODES: u16 = 4;

/// Who is to be in a pool.
pub struct Plan {
    /// Its nodes.
    pub roster: Roster,
    /// Its users.
    pub users: Users,
}

/// Where a daemon says how far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlet {
    /// To the user.
    Terminal,
    /// To the command that has started it, which then goes its way.
    Starter,
}

/// What a daemon tells the command that has started it, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// How far it has come.
    Progress(Progress),
    /// There will be no pool, and why.
    Failed(Refusal),
}

/// What the command line and its files say of a pool.
pub fn plan(pool: &PoolArgs, files: &DescriptorArgs) -> Result<Plan, Failure> {
    let roster = match &files.nodes_file {
        Some(path) => Roster::described(&descriptors(path, parse_nodes)?),
        None => Roster::plain(usize::from(pool.nodes.unwrap_or(NODES))),
    };
    let users = match &files.users {
        Some(path) => Users::listed(descriptors(path, parse_users)?),
        None => Users::only_me(),
    };
    Ok(Plan { roster, users })
}

fn descriptors<T>(
    path: &PathBuf,
    parse: impl Fn(&str) -> Result<Vec<T>, DescriptorError>,
) -> Result<Vec<T>, Failure> {
    let text = fs::read_to_string(path).map_err(Failure::file("read", path))?;
    parse(&text).map_err(|problem| Failure::Descriptor { file: path.clone(), problem })
}

/// Is a daemon in the background: neither its starter's terminal nor its session concern it.
/// Its starter tells the user why it fails.
pub fn daemon(socket: &Path, args: &DaemonArgs) -> Result<(), Failure> {
    // It fails only for who leads a session already, which is the aim.
    let _ = rustix::process::setsid();
    serve(socket, args).or_else(|failure| {
        tell_starter(&Told::Failed(Refusal::from(&failure))).map_err(|_| failure)
    })
}

fn serve(socket: &Path, args: &DaemonArgs) -> Result<(), Failure> {
    let plan = plan(&args.pool, &args.files)?;
    let image = place::image(args.pool.image.as_deref())?;
    if args.private {
        return serve_private(plan, &image);
    }
    serve_socket(socket, plan, &image, Outlet::Starter)
}

/// Runs a pool for all who connect at `socket`.
pub fn serve_socket(
    socket: &Path,
    plan: Plan,
    image: &Path,
    outlet: Outlet,
) -> Result<(), Failure> {
    let listener = Listener::bind(socket)?;
    let (sender, events) = daemon::events();
    listener.start(plan.users, sender.clone()).map_err(Failure::system("listen"))?;
    let connections = run(plan.roster, image, (sender, events), Lifetime::UntilDown, outlet)?;
    // In this order: who is told of the end may start another pool at once.
    drop(listener);
    drop(connections);
    Ok(())
}

/// Runs a pool for the connection that is standard input.
fn serve_private(plan: Plan, image: &Path) -> Result<(), Failure> {
    let stdin = io::stdin().as_fd().try_clone_to_owned();
    let stream = UnixStream::from(stdin.map_err(Failure::system("take the connection"))?);
    let peer = socket_peercred(&stream).map_err(io::Error::from);
    let user = plan.users.admit(peer.map_err(Failure::system("look who connects"))?.uid)?;
    let (sender, events) = daemon::events();
    daemon::serve(stream, user, &sender, || {}).map_err(Failure::system("serve a connection"))?;
    run(plan.roster, image, (sender, events), Lifetime::OneClient, Outlet::Starter).map(drop)
}

fn run(
    roster: Roster,
    image: &Path,
    (sender, events): (SyncSender<Event>, Receiver<Event>),
    lifetime: Lifetime,
    outlet: Outlet,
) -> Result<Connections, Failure> {
    stop_by_signal(sender.clone())?;
    let (_, nodes) = roster.count();
    let system = place::system(image)?;
    let config = PoolConfig::new(image, nodes + 1);
    let pool = Pool::start(&config, events_of_pool(sender))?;
    Ok(Daemon::new(pool, events, roster, system, lifetime, reporter(outlet)).run()?)
}

/// SIGTERM, and on a terminal ^C, end the pool in good order.
fn stop_by_signal(events: SyncSender<Event>) -> Result<(), Failure> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(Failure::system("listen to signals"))?;
    thread::spawn(move || {
        for _ in signals.forever() {
            // The receiver is gone only when the daemon ends.
            let _ = events.send(Event::Stop);
        }
    });
    Ok(())
}

fn reporter(outlet: Outlet) -> Reporter {
    match outlet {
        Outlet::Terminal => Box::new(|progress| {
            let mut stderr = io::stderr();
            match progress {
                Progress::Up { node, up, of } => writeln!(stderr, "{up} of {of}: {node}"),
                Progress::Ready => {
                    writeln!(stderr, "{} ready; ^C ends the pool", style("✓").for_stderr().green())
                }
            }
        }),
        Outlet::Starter => Box::new(|progress| {
            let is_ready = progress == Progress::Ready;
            tell_starter(&Told::Progress(progress))?;
            if is_ready { let_starter_go() } else { Ok(()) }
        }),
    }
}

fn tell_starter(told: &Told) -> io::Result<()> {
    let line = serde_json::to_string(told)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush())
}

/// Closes what was inherited of the starter's terminal and pipes.
fn let_starter_go() -> io::Result<()> {
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    Ok(())
}
