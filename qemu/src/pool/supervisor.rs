//! The supervisor: the thread that starts the QEMU processes of a pool, so that they die
//! with this process, and that hears what they say and when they end.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use abi::ids::{Epoch, NodeId};
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};

use super::node::{Machines, NodeProcess, Stream};
use super::{Events, PoolEvent};
use crate::bells::{Bells, Router};
use crate::{Error, Exit};

/// How often the boot words of starting nodes are looked at.
const BOOT_CHECK: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// What the supervisor is asked to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Order {
    Kill(NodeId),
    Restart(NodeId),
    /// The doorbell of this boot has failed: a node that hears no bells is none.
    GiveUp(NodeId, Epoch, String),
    End,
}

/// Where orders are given. Clones lead to the same supervisor.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    sender: Sender<Order>,
    wake: Arc<OwnedFd>,
}

impl Orders {
    /// Where orders are given, and where they come out.
    pub(super) fn new() -> Result<(Orders, Receiver<Order>), Error> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let wake = eventfd(0, flags)
            .map_err(|error| Error::io("make a channel for orders")(error.into()))?;
        let (sender, receiver) = mpsc::channel();
        Ok((Orders { sender, wake: Arc::new(wake) }, receiver))
    }

    /// Has something done. A supervisor that has gone has nothing to do any more.
    pub(super) fn give(&self, order: Order) {
        let _ = self.sender.send(order);
        // A count that is full wakes as well.
        let _ = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
    }
}

/// The supervisor of a pool. Drop ends all nodes.
#[derive(Debug)]
pub(super) struct Supervisor {
    orders: Orders,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts all nodes but the host; an error if that fails for one of them.
    pub(super) fn start(
        machines: Machines,
        router: Router,
        bells: Bells,
        events: Events,
        (orders, incoming): (Orders, Receiver<Order>),
    ) -> Result<Supervisor, Error> {
        let failed = |error: rustix::io::Errno| Error::io("watch the nodes")(error.into());
        let (report, started) = mpsc::channel();
        let nodes = machines.memory.backplane().layout().nodes();
        let mut work = Work {
            epoll: epoll::create(CreateFlags::CLOEXEC).map_err(failed)?,
            wake: Arc::clone(&orders.wake),
            orders: incoming,
            machines,
            router,
            bells,
            events,
            places: (0..nodes).map(|_| Place::default()).collect(),
        };
        let run = move || {
            let result = work.start_all();
            let goes_on = result.is_ok();
            // Who asked waits for the answer.
            let _ = report.send(result);
            if goes_on {
                work.run();
            }
        };
        let thread = thread::Builder::new().name("supervisor".to_owned()).spawn(run);
        let thread = Some(thread.map_err(Error::io("start the supervisor of the nodes"))?);
        started.recv().expect("the supervisor answers")?;
        Ok(Supervisor { orders, thread })
    }

    /// Has something done.
    pub(super) fn order(&self, order: Order) {
        self.orders.give(order);
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.order(Order::End);
        if let Some(thread) = self.thread.take() {
            // A panic of the supervisor has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

/// What an event is about, as the number that epoll keeps for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    Ended(NodeId),
    Output(NodeId),
    Errors(NodeId),
    Orders,
}

impl Token {
    fn data(self) -> EventData {
        EventData::new_u64(match self {
            Token::Ended(node) => u64::from(node.0),
            Token::Output(node) => 1 << 8 | u64::from(node.0),
            Token::Errors(node) => 2 << 8 | u64::from(node.0),
            Token::Orders => 3 << 8,
        })
    }

    fn of(data: EventData) -> Token {
        let (kind, node) = (data.u64() >> 8, NodeId(data.u64() as u8));
        match kind {
            0 => Token::Ended(node),
            1 => Token::Output(node),
            2 => Token::Errors(node),
            _ => Token::Orders,
        }
    }
}

/// What there is of one node.
#[derive(Debug, Default)]
struct Place {
    process: Option<NodeProcess>,
    state: State,
    /// Boots so far.
    boots: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    /// No process, or one whose kernel runs.
    #[default]
    Settled,
    /// There is a process, and its kernel does not run yet.
    Starting,
    /// To be started again once the process has ended.
    Again,
}

/// What the supervisor's thread works with.
struct Work {
    epoll: OwnedFd,
    wake: Arc<OwnedFd>,
    orders: Receiver<Order>,
    machines: Machines,
    router: Router,
    bells: Bells,
    events: Events,
    /// Indexed by node.
    places: Vec<Place>,
}

impl Work {
    fn start_all(&mut self) -> Result<(), Error> {
        epoll::add(&self.epoll, &*self.wake, Token::Orders.data(), EventFlags::IN)
            .map_err(|error| Error::io("watch for orders")(error.into()))?;
        for node in (1..self.places.len()).map(|node| NodeId(node as u8)) {
            let epoch = self.next_epoch(node)?;
            self.start(node, epoch)?;
        }
        Ok(())
    }

    fn next_epoch(&mut self, node: NodeId) -> Result<Epoch, Error> {
        let place = &mut self.places[node.index()];
        let epoch = place.boots.checked_add(1).and_then(Epoch::new);
        let epoch = epoch.ok_or(Error::TooManyBoots(node))?;
        place.boots = epoch.get();
        Ok(epoch)
    }

    fn start(&mut self, node: NodeId, epoch: Epoch) -> Result<(), Error> {
        let (ours, theirs) = UnixStream::pair().map_err(Error::io("make a doorbell's sockets"))?;
        self.router.plug(node, epoch, ours)?;
        let process = match self.machines.start(node, epoch, theirs) {
            Ok(process) => process,
            Err(error) => {
                self.router.unplug(node);
                return Err(error);
            }
        };
        let tokens = [Token::Ended(node), Token::Output(node), Token::Errors(node)];
        for (file, token) in process.files().into_iter().zip(tokens) {
            epoll::add(&self.epoll, file, token.data(), EventFlags::IN)
                .map_err(|error| Error::io("watch QEMU")(error.into()))?;
        }
        let place = &mut self.places[node.index()];
        (place.process, place.state) = (Some(process), State::Starting);
        Ok(())
    }

    fn run(&mut self) {
        let mut events = Vec::with_capacity(64);
        loop {
            events.clear();
            let is_starting = self.places.iter().any(|place| place.state == State::Starting);
            let timeout = is_starting.then_some(&BOOT_CHECK);
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), timeout) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => panic!("epoll fails: {error}"),
            }
            self.look_for_boots();
            for event in &events {
                match Token::of(event.data) {
                    Token::Output(node) => self.read_console(node),
                    Token::Errors(node) => self.read_errors(node),
                    Token::Ended(node) => self.ended(node),
                    Token::Orders => {
                        if self.follow_orders() == Goes::Away {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Tells of starting nodes whose boot words show their epochs.
    fn look_for_boots(&mut self) {
        let backplane = self.machines.memory.backplane();
        for place in &mut self.places {
            let Some(process) = &place.process else { continue };
            let (node, epoch) = (process.node, process.epoch);
            let word = backplane.layout().boot_word(node);
            if place.state == State::Starting
                && backplane.load(node, word) == u32::from(epoch.get())
            {
                place.state = State::Settled;
                (self.events)(PoolEvent::Up { node, epoch });
            }
        }
    }

    fn read_console(&mut self, node: NodeId) {
        let Some(process) = &mut self.places[node.index()].process else { return };
        let tell = |line| (self.events)(PoolEvent::Console { node, line });
        if process.read_console(tell) == Stream::End {
            // Its end will be heard of; until then there is nothing to hear here.
            let [_, output, _] = process.files();
            let _ = epoll::delete(&self.epoll, output);
        }
    }

    fn read_errors(&mut self, node: NodeId) {
        let Some(process) = &mut self.places[node.index()].process else { return };
        if process.read_errors() == Stream::End {
            let [_, _, errors] = process.files();
            let _ = epoll::delete(&self.epoll, errors);
        }
    }

    /// Does what is to be done when a process has ended: in this order, so that who
    /// hears of it finds it done.
    fn ended(&mut self, node: NodeId) {
        let place = &mut self.places[node.index()];
        let Some(process) = place.process.take() else { return };
        let state = std::mem::take(&mut place.state);
        let epoch = process.epoch;
        let tell = |line| (self.events)(PoolEvent::Console { node, line });
        // Files that are closed are watched no more: nobody else has them.
        let (exit, errors) =
            process.finish(tell).unwrap_or_else(|error| (Exit::Failure, error.to_string()));
        self.router.unplug(node);
        let board = self.machines.memory.backplane().plug(node);
        bus::bury(&board.expect("no node but 0 is in this process"));
        self.bells.ring_all_but(node);
        (self.events)(PoolEvent::Ended { node, epoch, exit, errors });
        if state == State::Again {
            self.boot_again(node);
        }
    }

    /// Starts the next boot of a node that does not run.
    fn boot_again(&mut self, node: NodeId) {
        let started = self.next_epoch(node).and_then(|epoch| self.start(node, epoch));
        if let Err(error) = started {
            let epoch = Epoch::new(self.places[node.index()].boots);
            let epoch = epoch.expect("a node that is started again was started before");
            let errors = error.to_string();
            (self.events)(PoolEvent::Ended { node, epoch, exit: Exit::Failure, errors });
        }
    }

    fn follow_orders(&mut self) -> Goes {
        // The count says nothing: the orders are in the channel.
        let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Kill(node) => self.kill(node, State::Settled),
                Order::Restart(node) if self.runs(node) => self.kill(node, State::Again),
                Order::Restart(node) => self.boot_again(node),
                Order::GiveUp(node, epoch, reason) => self.give_up(node, epoch, &reason),
                Order::End => return Goes::Away,
            }
        }
        Goes::On
    }

    fn runs(&self, node: NodeId) -> bool {
        self.places[node.index()].process.is_some()
    }

    /// Kills a boot, for a reason that stands among its complaints, if it still runs.
    fn give_up(&mut self, node: NodeId, epoch: Epoch, reason: &str) {
        let place = &mut self.places[node.index()];
        let process = place.process.as_mut().filter(|process| process.epoch == epoch);
        if let Some(process) = process {
            process.complain(&format!("its doorbell has failed: {reason}"));
            // It fails for a process that has ended, which will be heard of.
            let _ = process.kill();
        }
    }

    fn kill(&mut self, node: NodeId, then: State) {
        let place = &mut self.places[node.index()];
        let Some(process) = &mut place.process else { return };
        place.state = then;
        // It fails for a process that has ended, which will be heard of.
        let _ = process.kill();
    }
}

/// Whether the supervisor goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Goes {
    On,
    Away,
}
