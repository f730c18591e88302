//! Pools of nodes that run the real kernel image, with this process as node 0.
//! `cargo xtask test` builds the image and says where it is; plain `cargo test` leaves
//! the tests that need it out.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use abi::ids::{Epoch, NodeId};
use abi::ring::PairWord;
use abi::trace::{Record, TraceEvent};
use bus::backplane::Board;
use bus::{Bus, Notice, Rest, posts};
use qemu::{Bells, Error, Exit, Pool, PoolConfig, PoolEvent};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// More than anything takes on a busy host.
const LIMIT: Duration = Duration::from_mins(2);
const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);

fn config(nodes: usize) -> PoolConfig {
    let image = std::env::var_os("KERNEL_IMAGE");
    let image = image.expect("KERNEL_IMAGE is not set: run `cargo xtask test`");
    PoolConfig::new(image, nodes)
}

fn epoch(number: u16) -> Epoch {
    Epoch::new(number).unwrap()
}

/// A pool that this process has joined.
struct Joined {
    pool: Pool,
    events: Receiver<PoolEvent>,
    bus: Bus<Board, Bells>,
    notices: Vec<Notice>,
    told: Vec<PoolEvent>,
}

impl Joined {
    fn start(nodes: usize) -> Joined {
        let (tell, events) = mpsc::channel();
        // Nobody hears of the end of the test.
        let pool = Pool::start(&config(nodes), move |event| drop(tell.send(event))).unwrap();
        let board = pool.backplane().plug(NodeId::HOST).expect("the host's place is free");
        let bus = Bus::start(board, pool.bells().clone(), pool.epoch());
        Joined { pool, events, bus, notices: Vec::new(), told: Vec::new() }
    }

    /// Works as a node does, until something is so.
    fn wait_until(&mut self, awaited: &str, is_so: impl Fn(&Joined) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !is_so(self) {
            while let Some(notice) = self.bus.poll() {
                if let Notice::Data(node) = notice {
                    self.bus.advance(node);
                } else {
                    self.notices.push(notice);
                }
            }
            self.bus.flush();
            if is_so(self) {
                break;
            }
            if self.bus.prepare_to_sleep() == Rest::Sleep {
                // What nodes tell only each other rings no bell here: look again.
                let event = self.events.recv_timeout(Duration::from_millis(10));
                self.told.extend(event.ok().filter(|event| !matches!(event, PoolEvent::Bell)));
                self.bus.woke();
            }
            let report = format!("{:?}, {:?}", self.notices, self.told);
            assert!(Instant::now() < deadline, "waited for {awaited}: {report}");
        }
    }

    /// Whether this process has met this boot of a node.
    fn met(&self, node: NodeId, boot: u16) -> bool {
        self.notices.contains(&Notice::PeerUp { node, epoch: epoch(boot) })
    }

    /// Whether two nodes have shown each other these boots.
    fn have_met(&self, first: (NodeId, u16), second: (NodeId, u16)) -> bool {
        let backplane = self.pool.backplane();
        let pair = |(node, _): (NodeId, u16), (peer, _): (NodeId, u16)| {
            backplane.load(node, backplane.layout().pair_word(node, peer))
        };
        let bits = |own: u16, peer: u16| PairWord::bits(epoch(own), Some(epoch(peer)));
        pair(first, second) == bits(first.1, second.1)
            && pair(second, first) == bits(second.1, first.1)
    }

    fn trace(&self, node: NodeId) -> Vec<Record> {
        posts::records(self.bus.memory(), node)
    }

    fn was_told(&self, wanted: impl Fn(&PoolEvent) -> bool) -> bool {
        self.told.iter().any(wanted)
    }
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn nodes_meet_die_and_come_back() {
    let mut pool = Joined::start(3);
    pool.wait_until("all nodes to meet", |pool| {
        pool.met(ONE, 1) && pool.met(TWO, 1) && pool.have_met((ONE, 1), (TWO, 1))
    });
    pool.wait_until("the events of a start", |pool| {
        [ONE, TWO].into_iter().all(|wanted| {
            pool.was_told(|event| matches!(event, PoolEvent::Up { node, .. } if *node == wanted))
        }) && pool.was_told(|event| {
            matches!(event, PoolEvent::Console { node: ONE, line } if line.contains("node 1 of 3"))
        })
    });

    pool.pool.kill(ONE);
    let death = Notice::PeerDown { node: ONE, epoch: epoch(1) };
    pool.wait_until("the host to hear of the death", |pool| pool.notices.contains(&death));
    pool.wait_until("the other node to hear of the death", |pool| {
        let is_death = |record: &Record| {
            record.event.get() == TraceEvent::PeerDown as u16 && record.values[0].get() == 1
        };
        pool.trace(TWO).iter().any(is_death)
    });
    pool.wait_until("the event of the death", |pool| {
        let is_death = |event: &PoolEvent| {
            matches!(event, PoolEvent::Ended { node: ONE, exit: Exit::Signal(9), .. })
        };
        pool.was_told(is_death)
    });
    assert!(!pool.trace(ONE).is_empty(), "the trace of a dead node is still there");

    pool.pool.restart(ONE);
    pool.wait_until("the node to be back", |pool| {
        pool.met(ONE, 2) && pool.have_met((ONE, 2), (TWO, 1))
    });
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn a_live_node_is_restarted_again_and_again() {
    let mut pool = Joined::start(2);
    // Epochs of two digits, too: nothing of an earlier boot is left in the kernel.
    for boot in 1..=11 {
        pool.wait_until("the node", |pool| pool.met(ONE, boot));
        pool.pool.restart(ONE);
    }
}

/// The processes whose parent is `parent`.
fn children(parent: u32) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |pid: &i32| {
        // A process may end while it is looked at.
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    pids.filter(is_child).filter_map(Pid::from_raw).collect()
}

/// This test as another process, which holds a pool until it is killed.
fn spawn_holder() -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "hold_a_pool", "--nocapture"])
        .env("HOLD_A_POOL", "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// No test: what [`spawn_holder`] runs.
#[test]
#[ignore = "needs an image: run by another test"]
fn hold_a_pool() {
    if std::env::var_os("HOLD_A_POOL").is_none() {
        return;
    }
    let mut pool = Joined::start(3);
    pool.wait_until("a node", |pool| pool.met(ONE, 1));
    println!("\nready");
    // Until the parent is gone, should it forget to kill.
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[test]
#[ignore = "needs an image: run `cargo xtask test`"]
fn no_node_outlives_a_daemon_that_is_killed() {
    let mut daemon = spawn_holder();
    let output = BufReader::new(daemon.stdout.take().unwrap());
    let is_ready = output.lines().map_while(Result::ok).any(|line| line == "ready");
    assert!(is_ready, "the daemon ends before its pool is up");
    let nodes = children(daemon.id());
    let ends: Vec<OwnedFd> =
        nodes.iter().map(|node| pidfd_open(*node, PidfdFlags::empty()).unwrap()).collect();
    assert_eq!(ends.len(), 2);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    let limit = Timespec { tv_sec: LIMIT.as_secs() as i64, tv_nsec: 0 };
    for end in &ends {
        let ended = poll(&mut [PollFd::new(end, PollFlags::IN)], Some(&limit)).unwrap();
        assert_eq!(ended, 1, "a node lives on");
    }
}

#[test]
fn what_is_no_pool_is_refused_with_the_reason() {
    let start = |image: &str, nodes| {
        Pool::start(&PoolConfig::new(image, nodes), |_| ()).map(drop).unwrap_err()
    };
    let missing = start("no such image", 3);
    assert!(matches!(missing, Error::NoImage(_)), "{missing}");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let text = start(manifest, 3);
    assert!(matches!(text, Error::BadImage { .. }), "{text}");
}
