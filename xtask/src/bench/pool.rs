//! A pool in this process: its daemon runs in a thread, and what its nodes post can be read.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use abi::ids::NodeId;
use abi::status::StatusWord;
use bus::backplane::Backplane;
use launch::connection::Connection;
use launch::daemon::{
    self, Daemon, Event, Lifetime, Progress, Roster, Users, events_of_pool, serve,
};
use miette::{IntoDiagnostic, Result, WrapErr, bail, miette};
use qemu::{PoolConfig, Time};

/// The time between two looks at nodes that are to come to rest, which need the processors.
const BETWEEN_LOOKS: Duration = Duration::from_micros(200);
/// How long nodes that wait for the host may be busy.
const REST_LIMIT: Duration = Duration::from_secs(30);

/// A running pool. Drop ends it.
pub struct Pool {
    nodes: u8,
    backplane: Arc<Backplane>,
    events: SyncSender<Event>,
    daemon: Option<JoinHandle<()>>,
}

impl Pool {
    /// Starts a pool of so many nodes besides the host, and waits until all are up.
    pub fn up(image: &Path, nodes: u8, time: Time) -> Result<Pool> {
        let (events, receiver) = daemon::events();
        let system = launch::place::system(image).into_diagnostic()?;
        let config = PoolConfig::new(image, usize::from(nodes) + 1).time(time);
        let pool = qemu::Pool::start(&config, events_of_pool(events.clone())).into_diagnostic()?;
        let backplane = Arc::clone(pool.backplane());
        let (progress, told) = channel();
        let daemon = thread::spawn(move || {
            let reporter = move |step| progress.send(step).map_err(io::Error::other);
            let roster = Roster::plain(usize::from(nodes));
            let lifetime = Lifetime::UntilDown;
            let reporter = Box::new(reporter);
            drop(Daemon::new(pool, receiver, roster, system, lifetime, reporter).run());
        });
        // From here on, drop ends it.
        let pool = Pool { nodes, backplane, events, daemon: Some(daemon) };
        for step in told {
            if step == Progress::Ready {
                return Ok(pool);
            }
        }
        bail!("the pool's daemon has ended while its nodes came up")
    }

    /// A new connection to the daemon.
    pub fn connect(&self) -> Result<Connection> {
        let (ours, theirs) = UnixStream::pair().into_diagnostic()?;
        let user = Users::only_me().admit(rustix::process::geteuid());
        let user = user.map_err(|refusal| miette!("the pool refuses this user: {refusal:?}"))?;
        serve(theirs, user, &self.events, || {})
            .into_diagnostic()
            .wrap_err("cannot connect to the pool's daemon")?;
        Connection::greet(ours).into_diagnostic()
    }

    /// Time outside idle, all nodes added up, once all rest: what they have sent is taken, and
    /// none of them has been awake between two looks.
    pub fn busy(&self) -> Result<Duration> {
        let started = Instant::now();
        let mut before = None;
        while started.elapsed() < REST_LIMIT {
            let now = self.backplane.all_taken().map(|sent| (sent, self.busy_of_all()));
            match (before, now) {
                (Some(before), Some(now)) if before == now => return Ok(now.1.iter().sum()),
                (_, now) => before = now,
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        bail!("the nodes have been busy for {} s, with nothing to do", REST_LIMIT.as_secs())
    }

    fn busy_of_all(&self) -> Vec<Duration> {
        (1..=self.nodes).map(|node| self.busy_of(NodeId(node))).collect()
    }

    fn busy_of(&self, node: NodeId) -> Duration {
        let block = self.backplane.layout().status(node);
        let read = |word: StatusWord| self.backplane.load(node, block + word.offset());
        loop {
            let high = read(StatusWord::BusyHigh);
            let low = read(StatusWord::BusyLow);
            if read(StatusWord::BusyHigh) == high {
                return Duration::from_nanos(u64::from(high) << 32 | u64::from(low));
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A daemon that has ended needs no order.
        let _ = self.events.send(Event::Stop);
        let ended = self.daemon.take().map(JoinHandle::join);
        assert!(thread::panicking() || matches!(ended, Some(Ok(()))), "the daemon has failed");
    }
}
