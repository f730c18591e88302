//! Who is told of what was written, and when; and what this node says of itself.
//!
//! Whoever does not look at his rings by himself is rung, but not always at once: a peer that
//! runs user code may look soon, and is owed the bell ([`Bus::flush`]). Why no wake-up is
//! missed stands in the crate's documentation.

use alloc::vec::Vec;
use core::mem;

use abi::ids::{Epoch, NodeId};
use abi::ring::Attention;

use super::{Bus, Peer};
use crate::memory::{Memory, Signals};

/// Whether a node may stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// Stop; a bell will wake it. Then [`Bus::woke`].
    Sleep,
    /// There is something to do: [`Bus::poll`].
    Stay,
}

/// When a peer that runs user code is told of a message that he does not see by himself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bell {
    /// Before this node runs user code.
    Soon,
    /// With the next [`Bus::flush`].
    Late,
}

/// Whether a peer knows of all that was written for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Announced {
    Yes,
    /// Messages are to be shown.
    Due,
    /// It is to be told of something else too: of space, of a greeting, of a farewell.
    Urgent,
}

/// A peer, as one who is told.
#[derive(Debug)]
pub(super) struct Ear<P> {
    sleep_word: P,
    /// Counts [`Ear::bells`] for who routes them.
    bells_word: P,
    bells: u32,
    /// Whether it is among those who are rung late.
    is_late: bool,
    announced: Announced,
}

impl<P: Copy> Ear<P> {
    /// That of `peer`, who knows of everything.
    pub(super) fn new<M: Memory<Place = P>>(memory: &M, peer: NodeId) -> Self {
        let (layout, own) = (memory.layout(), memory.own());
        let bells_word = memory.place(own, layout.bells_word(own, peer), 4);
        Ear {
            sleep_word: memory.place(peer, layout.sleep_word(peer), 4),
            bells_word,
            bells: memory.load(bells_word),
            is_late: false,
            announced: Announced::Yes,
        }
    }

    /// What its sleep word says now.
    #[inline]
    fn attention<M: Memory<Place = P>>(&self, memory: &M) -> Attention {
        Attention::from_bits(memory.load(self.sleep_word))
    }
}

/// What a node owes the others, and what its sleep word says.
#[derive(Debug)]
pub(super) struct Bells<P> {
    own_sleep: P,
    /// The bits of that word that are this boot's.
    own_boot: u32,
    attention: Attention,
    /// Whether bells tell of all that arrives, and nobody is owed one.
    is_rung: bool,
    /// Whether there may be somebody in `due`, `owed` or `late`.
    is_unsettled: bool,
    /// Peers that must be told, each once; room for all.
    due: Vec<NodeId>,
    /// Peers that run user code and have not taken all that they were shown: each is rung
    /// unless it soon has. Room for all.
    owed: Vec<NodeId>,
    /// As `owed`, but of messages that may be told of late; each once.
    late: Vec<NodeId>,
}

impl<P: Copy> Bells<P> {
    /// Those of boot `epoch`, whose sleep word says that it is awake, among so many nodes.
    pub(super) fn new(own_sleep: P, epoch: Epoch, nodes: usize) -> Self {
        Bells {
            own_sleep,
            own_boot: Attention::Awake.bits(epoch),
            attention: Attention::Awake,
            is_rung: false,
            is_unsettled: true,
            due: Vec::with_capacity(nodes),
            owed: Vec::with_capacity(nodes),
            late: Vec::with_capacity(nodes),
        }
    }

    /// Whether somebody is to be told of something before anything else is shown.
    #[inline]
    pub(super) fn are_due(&self) -> bool {
        self.is_unsettled && !(self.due.is_empty() && self.owed.is_empty())
    }

    /// Messages were written for a peer.
    #[inline]
    pub(super) fn note_message(&mut self, node: NodeId, ear: &mut Ear<P>) {
        if ear.announced == Announced::Yes {
            self.note(node, ear, Announced::Due);
        }
    }

    /// Something else was written that a peer must be told of.
    pub(super) fn announce(&mut self, node: NodeId, ear: &mut Ear<P>) {
        self.note(node, ear, Announced::Urgent);
    }

    #[inline]
    fn note(&mut self, node: NodeId, ear: &mut Ear<P>, what: Announced) {
        if mem::replace(&mut ear.announced, what) == Announced::Yes {
            self.due.push(node);
            self.is_unsettled = true;
        }
    }

    /// Looks whether a peer has to be told of what was shown: one who runs user code is, with
    /// this bell, or else at once.
    #[inline(always)]
    pub(super) fn tell<M: Memory<Place = P>>(
        &mut self,
        (memory, signals): (&M, &impl Signals),
        node: NodeId,
        ear: &mut Ear<P>,
        bell: Option<Bell>,
    ) {
        match (ear.attention(memory), bell) {
            (Attention::Awake, _) => {}
            (Attention::Running, Some(Bell::Soon)) => {
                debug_assert!(!self.owed.contains(&node), "there is room for each once");
                self.owed.push(node);
                self.is_unsettled = true;
                self.is_rung = false;
            }
            (Attention::Running, Some(Bell::Late)) => {
                if !mem::replace(&mut ear.is_late, true) {
                    self.late.push(node);
                    self.is_unsettled = true;
                }
            }
            (Attention::Running, None) | (Attention::Asleep, _) => {
                self.ring((memory, signals), node, ear);
            }
        }
    }

    #[cold]
    fn ring<M: Memory<Place = P>>(
        &mut self,
        (memory, signals): (&M, &impl Signals),
        node: NodeId,
        ear: &mut Ear<P>,
    ) {
        self.woke(memory);
        ear.bells = ear.bells.wrapping_add(1);
        memory.store(ear.bells_word, ear.bells);
        signals.ring_bell(node);
    }

    #[inline]
    fn woke<M: Memory<Place = P>>(&mut self, memory: &M) {
        if self.attention != Attention::Awake {
            self.say(memory, Attention::Awake);
        }
    }

    #[inline]
    fn say<M: Memory<Place = P>>(&mut self, memory: &M, attention: Attention) {
        self.attention = attention;
        self.is_rung = attention != Attention::Awake;
        memory.store(self.own_sleep, self.own_boot | attention.low_bits());
    }
}

impl<M: Memory, S: Signals> Bus<M, S> {
    /// Shows all that was sent and taken to the peers, and rings the bells of those
    /// that sleep: one barrier for all of them.
    ///
    /// A peer that runs user code may look soon by itself, so that the bell for a message
    /// is only owed to him. It is rung with the next call of this function, or before
    /// this node sleeps or runs user code, unless he has taken everything.
    ///
    /// To ring takes so long that an answer may come meanwhile. So whoever rings says
    /// first that he is awake, lest he be rung in turn, again and again.
    #[inline]
    pub fn flush(&mut self) {
        if self.bells.is_unsettled {
            self.flush_all();
        }
    }

    #[inline(never)]
    fn flush_all(&mut self) {
        if !self.bells.owed.is_empty() || !self.bells.late.is_empty() {
            self.settle();
        }
        if !self.bells.due.is_empty() {
            self.show();
        }
        self.bells.is_unsettled = !self.bells.owed.is_empty();
    }

    fn show(&mut self) {
        let Bus { memory, signals, peers, bells, .. } = self;
        for node in &bells.due {
            if let Some(peer) = Peer::of(peers, *node) {
                peer.link.sender.publish(memory);
            }
        }
        signals.fence_store_load();
        while let Some(node) = bells.due.pop() {
            let Some(peer) = Peer::of(peers, node) else { continue };
            let announced = mem::replace(&mut peer.ear.announced, Announced::Yes);
            let bell = (announced == Announced::Due).then_some(Bell::Soon);
            bells.tell((memory, signals), node, &mut peer.ear, bell);
        }
    }

    /// Rings those who are owed a bell. Who has not run all the time since he was shown
    /// the message has looked since: he says that he is awake, or did so after he had said
    /// that he sleeps.
    #[cold]
    fn settle(&mut self) {
        let Bus { memory, signals, peers, bells, .. } = self;
        while let Some(node) = bells.owed.pop().or_else(|| bells.late.pop()) {
            let Some(peer) = Peer::of(peers, node) else { continue };
            peer.ear.is_late = false;
            let is_running = peer.ear.attention(memory) == Attention::Running;
            if is_running && !peer.link.sender.is_taken(memory) {
                bells.ring((memory, signals), node, &mut peer.ear);
            }
        }
        bells.is_rung = bells.attention != Attention::Awake;
    }

    /// Publishes, says that this node sleeps, and looks once more. On [`Rest::Sleep`], stop
    /// with bells enabled: one that rings after this call ends the stop at once. Who has
    /// said so already, and was not woken, need not look.
    pub fn prepare_to_sleep(&mut self) -> Rest {
        self.prepare(Attention::Asleep)
    }

    /// As [`Bus::prepare_to_sleep`], for a node that does not stop but runs user code.
    #[inline]
    pub fn prepare_to_run(&mut self) -> Rest {
        self.prepare(Attention::Running)
    }

    #[inline(always)]
    fn prepare(&mut self, attention: Attention) -> Rest {
        self.flush();
        if self.bells.is_unsettled {
            // Whoever is owed a bell since then gets it now.
            self.flush_all();
        }
        if self.bells.attention == attention {
            return Rest::Sleep;
        }
        debug_assert!(self.bells.owed.is_empty(), "all were told");
        self.bells.say(&self.memory, attention);
        self.signals.fence_store_load();
        if self.is_any_new() || self.waiting > 0 && self.is_space_found() {
            self.look_on();
            self.woke();
            return Rest::Stay;
        }
        Rest::Sleep
    }

    /// Says that this node looks at its rings again by itself.
    #[inline]
    pub fn woke(&mut self) {
        self.bells.woke(&self.memory);
    }

    /// Whether bells tell of all that arrives, and nobody is owed one: user code may go on.
    #[inline]
    pub fn is_rung(&self) -> bool {
        self.bells.is_rung
    }
}
