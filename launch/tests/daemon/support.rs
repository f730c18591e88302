//! A pool in this process: each node is a thread that runs the kernel over the same memory,
//! and its incarnations play a script. No QEMU is needed.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use abi::calls::Call;
use abi::ids::{Epoch, NodeId, UserAddr};
use abi::rdc_file::{ModuleSource, USER_BEGIN, write};
use abi::service::{Operation, Request};
use abi::slice::SliceLayout;
use abi::start::StartBlock;
use abi::structs::Msg;
use bus::backplane::Backplane;
use bus::{Rest, Signals, bury};
use kernel::platform::{Memory, Slot};
use kernel::shared_bus::SharedBus;
use kernel::{Config, Next, Node};
use launch::connection::Connection;
use launch::daemon::{self, Crate, Daemon, Event, Lifetime, Progress, Roster, System, Users};
use launch::host::{HostMachine, HostMemory, HostPlatform};
use launch::protocol::{FromDaemon, LaunchRequest, Placement, Standing, ToDaemon};
use qemu::{Exit, PoolEvent};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// Where the data of every module lies: behind a page of text.
const DATA: u32 = USER_BEGIN + 0x1000;
const MESSAGE: u32 = DATA;
const BUFFER: u32 = DATA + 0x100;
const BUFFER_BYTES: u32 = 0x1_0000;

/// What somebody wants of a node's thread.
enum Order {
    Bell,
    Die,
}

/// The bells of all nodes; that of the host is an event.
#[derive(Clone)]
pub struct Bells {
    nodes: Vec<Sender<Order>>,
    host: SyncSender<Event>,
}

impl Signals for Bells {
    fn fence_store_load(&self) {
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
    }

    fn ring_bell(&self, node: NodeId) {
        match node.index().checked_sub(1) {
            // A thread that has ended, or a daemon that is busy, needs no bell.
            Some(index) => drop(self.nodes[index].send(Order::Bell)),
            None => drop(self.host.try_send(Event::Pool(PoolEvent::Bell))),
        }
    }
}

/// Scripts and where they run.
type Incarnations = BTreeMap<Slot, Script>;
/// The kernel of a node.
type Kernel = Node<HostPlatform<Bells>>;

/// What the incarnations of the test do: they ask for the arguments, say them again on
/// standard output, and leave with the number of bytes as their status. With "fault" as the
/// argument they fault, with "wait" they read standard input first.
struct Script {
    stream: u32,
    step: u8,
}

impl Script {
    /// Makes the next call; the last one has returned `result`.
    fn go_on(&mut self, node: &mut Kernel, slot: Slot, result: i32) {
        self.step += 1;
        match self.step {
            1 => self.ask(node, slot, Operation::Arguments, 0, &[]),
            2 => {
                let mut arguments = vec![0; result as usize];
                read(node, slot, BUFFER, &mut arguments);
                match &arguments[..] {
                    b"fault\0" => node.fault(slot, 5, 0, 0),
                    b"wait\0" => {
                        self.step = 1;
                        self.ask(node, slot, Operation::Read, BUFFER_BYTES, &[]);
                    }
                    text => self.ask(node, slot, Operation::Write, 0, text),
                }
            }
            _ => {
                let mut head = [0; 4];
                read(node, slot, MESSAGE, &mut head);
                node.call(slot, Call::Exit as u32, [u32::from_be_bytes(head), 0, 0, 0, 0]);
            }
        }
    }

    fn ask(&self, node: &mut Kernel, slot: Slot, operation: Operation, length: u32, data: &[u8]) {
        let mut request = Request::new_zeroed();
        request.operation = (operation as u32).into();
        // Standard output for who writes, standard input for who reads.
        request.descriptor = u32::from(operation == Operation::Write).into();
        request.length = length.max(0x1000).into();
        let mut message = Msg::new_zeroed();
        message.m_head.copy_from_slice(request.as_bytes());
        message.m_base = BUFFER.into();
        message.m_cnt = (data.len() as u32).into();
        message.m_nreply = BUFFER_BYTES.into();
        let mut memory = node.memory();
        memory.copy_out(slot, UserAddr(MESSAGE), message.as_bytes()).unwrap();
        memory.copy_out(slot, UserAddr(BUFFER), data).unwrap();
        drop(memory);
        node.call(slot, Call::Invoke as u32, [self.stream, MESSAGE, 0, 0, 0]);
    }
}

/// Reads an incarnation's memory.
fn read(node: &mut Kernel, slot: Slot, at: u32, into: &mut [u8]) {
    node.memory().copy_in(slot, UserAddr(at), into).unwrap();
}

/// What a node's thread works with.
struct Machine {
    node: NodeId,
    epoch: Epoch,
    backplane: Arc<Backplane>,
    bells: Bells,
    orders: Receiver<Order>,
}

impl Machine {
    /// Runs until it is to die; the orders can be used again.
    fn run(self) -> Receiver<Order> {
        let board = self.backplane.plug(self.node).expect("a node has one board");
        let bus = SharedBus::start(board, self.bells.clone(), self.epoch);
        let memory = HostMemory::new(&self.backplane, self.node);
        let mut node =
            Kernel::new(Config::default(), bus, memory, HostMachine::new(Instant::now()));
        let up = PoolEvent::Up { node: self.node, epoch: self.epoch };
        // The receiver is gone only when the test is over.
        let _ = self.bells.host.send(Event::Pool(up));
        let mut incarnations = BTreeMap::new();
        loop {
            node.interrupt();
            play(&mut node, &mut incarnations);
            if node.bus().prepare_to_sleep() == Rest::Stay {
                continue;
            }
            let alarm = node.machine().alarm();
            let limit = alarm.map(|at| at.saturating_duration_since(Instant::now()));
            let order = self.orders.recv_timeout(limit.unwrap_or(Duration::from_mins(1)));
            node.bus().woke();
            match order {
                Ok(Order::Bell) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::Die) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        drop(node);
        bury(&self.backplane.plug(self.node).expect("the board was pulled"));
        self.bells.ring_all();
        self.orders
    }
}

impl Bells {
    fn ring_all(&self) {
        for node in 0..=self.nodes.len() {
            self.ring_bell(NodeId(node as u8));
        }
    }
}

/// Lets incarnations run until none can.
fn play(node: &mut Kernel, incarnations: &mut Incarnations) {
    loop {
        let next = node.next();
        let (released, begun) = {
            let mut machine = node.machine();
            (machine.take_released(), machine.take_begun())
        };
        for slot in released {
            incarnations.remove(&slot);
        }
        for begun in begun {
            let mut block = StartBlock::new_zeroed();
            read(node, begun.slot, begun.argument.0, block.as_mut_bytes());
            incarnations.insert(begun.slot, Script { stream: block.sb_launch.get(), step: 0 });
        }
        match next {
            Next::Run(slot) => {
                let result = node.machine().take_result(slot).unwrap_or_default();
                let mut script = incarnations.remove(&slot).expect("it has begun");
                script.go_on(node, slot, result);
                incarnations.insert(slot, script);
            }
            Next::Again => {}
            Next::Idle => return,
        }
    }
}

/// The crate of a test.
pub struct TestCrate {
    backplane: Arc<Backplane>,
    bells: Bells,
    threads: Vec<Option<JoinHandle<Receiver<Order>>>>,
    epochs: Vec<u16>,
}

impl TestCrate {
    /// Starts `nodes` nodes, which send their events to `host`.
    pub fn start(nodes: usize, host: SyncSender<Event>) -> Self {
        let layout = SliceLayout::new(nodes + 1, 4 << 20).unwrap();
        let (senders, orders): (Vec<_>, Vec<_>) = (0..nodes).map(|_| channel()).unzip();
        let bells = Bells { nodes: senders, host };
        let threads = (0..nodes).map(|_| None).collect();
        let backplane = Backplane::new(layout);
        let mut this = Self { backplane, bells, threads, epochs: vec![0; nodes] };
        for (index, orders) in orders.into_iter().enumerate() {
            this.boot(index, orders);
        }
        this
    }

    fn boot(&mut self, index: usize, orders: Receiver<Order>) {
        self.epochs[index] += 1;
        let machine = Machine {
            node: NodeId(index as u8 + 1),
            epoch: Epoch::new(self.epochs[index]).unwrap(),
            backplane: Arc::clone(&self.backplane),
            bells: self.bells.clone(),
            orders,
        };
        self.threads[index] = Some(thread::spawn(move || machine.run()));
    }
}

impl Drop for TestCrate {
    fn drop(&mut self) {
        for (thread, bell) in self.threads.iter_mut().zip(&self.bells.nodes) {
            // One that has failed has said so already.
            let _ = bell.send(Order::Die);
            let _ = thread.take().map(JoinHandle::join);
        }
    }
}

impl Crate for TestCrate {
    type Bells = Bells;

    fn backplane(&self) -> &Arc<Backplane> {
        &self.backplane
    }

    fn epoch(&self) -> Epoch {
        Epoch::new(1).unwrap()
    }

    fn bells(&self) -> Bells {
        self.bells.clone()
    }

    fn restart(&mut self, node: NodeId) {
        let index = node.index() - 1;
        let orders = self.threads[index].take().unwrap().join().unwrap();
        self.boot(index, orders);
    }
}

/// A daemon over such a crate, in a thread of its own.
pub struct Pool {
    events: SyncSender<Event>,
    nodes: Vec<Sender<Order>>,
    daemon: Option<JoinHandle<()>>,
}

impl Pool {
    /// A pool of `nodes` nodes, all up.
    pub fn up(nodes: usize) -> Self {
        let (events, receiver) = daemon::events();
        let sender = events.clone();
        let (ready, is_ready) = channel();
        let daemon = thread::spawn(move || {
            let pool = TestCrate::start(nodes, sender);
            let bells = pool.bells.nodes.clone();
            let reporter = Box::new(move |progress| match progress {
                Progress::Up { .. } => Ok(()),
                progress @ Progress::Ready => {
                    ready.send((progress, bells.clone())).map_err(std::io::Error::other)
                }
            });
            let roster = Roster::plain(nodes);
            drop(
                Daemon::new(
                    pool,
                    receiver,
                    roster,
                    System::default(),
                    Lifetime::UntilDown,
                    reporter,
                )
                .run(),
            );
        });
        let (progress, nodes) = is_ready.recv().expect("the daemon says how it starts");
        assert_eq!(progress, Progress::Ready);
        Self { events, nodes, daemon: Some(daemon) }
    }

    /// A connection that has not greeted.
    pub fn stream(&self) -> UnixStream {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let user = Users::only_me().admit(rustix::process::geteuid()).unwrap();
        daemon::serve(theirs, user, &self.events, || {}).unwrap();
        ours
    }

    pub fn connect(&self) -> Connection {
        Connection::greet(self.stream()).unwrap()
    }

    /// Has a node die, as its process would.
    pub fn kill(&self, node: u8) {
        self.nodes[usize::from(node) - 1].send(Order::Die).unwrap();
        let (node, epoch) = (NodeId(node), Epoch::new(1).unwrap());
        let ended = PoolEvent::Ended { node, epoch, exit: Exit::Signal(9), errors: String::new() };
        self.events.send(Event::Pool(ended)).unwrap();
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

/// An RDC of one module, whose code is played by a script.
pub fn launch(placement: Placement) -> ToDaemon {
    let module = ModuleSource {
        name: "script",
        text: &[0x4e; 600],
        data: &[0xda; 10_000],
        bss_bytes: BUFFER_BYTES,
        stack_bytes: 4096,
        heap_bytes: 4096,
        text_address: USER_BEGIN,
        data_address: DATA,
        entry: USER_BEGIN,
    };
    let file = write([7; 16], &[module]).unwrap();
    let (name, standing) = ("script".to_owned(), Standing::User);
    ToDaemon::Launch(LaunchRequest { name, file, placement, standing })
}

/// Answers request `number` with these bytes.
pub fn answer(request: u32, data: &[u8]) -> ToDaemon {
    let mut head = abi::service::Response::new_zeroed();
    head.result = (data.len() as i32).into();
    let head = head.as_bytes().try_into().unwrap();
    ToDaemon::Answer { request, head, data: data.to_vec() }
}

/// The next request of an incarnation: its number, operation and data.
pub fn request(connection: &mut Connection) -> (u32, Operation, Vec<u8>) {
    match connection.hear().unwrap() {
        FromDaemon::Request { request, head, data } => {
            let head = Request::read_from_bytes(&head).unwrap();
            let operation = Operation::from_number(head.operation.get() as i32).unwrap();
            (request, operation, data)
        }
        other => panic!("{other:?} is no request"),
    }
}
