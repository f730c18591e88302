//! Ghosts (dissertation, §8.2.1): one beside each local incarnation. It serves requests to
//! operate on the incarnation, whether that runs or waits, and tells those who want to know
//! what happens to it.

mod copies;
mod watchers;

use alloc::vec::Vec;

use abi::constants::{EndReason, EventType};
use abi::error::CallError;
use abi::ids::{GlobalId, Priority, UserAddr};
use abi::message::{INLINE_DATA, KernelPort, PortType};

use crate::delivery::reply::Contents;
use crate::exchange::{Exchange, Owner, Phase};
use crate::executor::Cx;
use crate::incarnation::{Condition, Frozen};
use crate::letter::{Data, Letter};
use crate::moving::Adopting;
use crate::moving::attach::attach;
use crate::moving::rebind::{Rebinding, rebind};
use crate::moving::transit::inquire;
use crate::operation::{Action, Answer, Request};
use crate::platform::{Access, Bus, Platform, Pull, Side, Slot, UserRange};
use crate::pool::{Granted, Party, Queue};
use crate::state::State;
use crate::stream::Watcher;
pub use watchers::{RENEW, TEST};
use watchers::{SWEEP, announce, sweep};

/// Streams closed and not yet announced, at most.
const CLOSED: usize = 32;

/// What belongs to the ghost of a place.
#[derive(Debug)]
pub struct Ghost {
    /// Its own request to others.
    pub exchange: Exchange,
    /// The source of its requests.
    source: GlobalId,
    /// Number of its last request.
    sequence: u32,
    /// What that says.
    pub head: [u8; 32],
    /// The reply, once there is one.
    outcome: Option<Result<GhostReply, CallError>>,
    /// Requests to it.
    pub requests: Queue,
    /// The incarnation that is to be made here, as requested by this message.
    pub host: Option<u16>,
    /// Events of the incarnation to announce: a mask of `1 << EventType`, [`SWEEP`] and [`TEST`].
    pub events: u32,
    /// Streams closed, and who wants to know.
    pub closed: Vec<(GlobalId, Watcher)>,
    /// Offers of ports that have come to nothing, and who has made them.
    pub declined: Vec<(GlobalId, Watcher)>,
    /// Data that goes along with its request: a block and the bytes in it.
    pub data: Option<(u16, u32)>,
    /// The block that takes the data of the reply, if somebody wants that.
    pub inbox: Option<u16>,
    /// What it is taking over.
    pub(crate) adopting: Option<Adopting>,
    /// The stream that it is leading away from a port.
    pub(crate) rebinding: Option<Rebinding>,
}

/// The reply to a request of a ghost.
#[derive(Clone, Copy, Debug)]
pub struct GhostReply {
    /// The answer.
    pub head: [u8; 32],
    /// The right to pull the reply's data.
    pub granted: Option<Granted>,
    /// Bytes of data that are in the block for it.
    pub total: u32,
    /// Who replied, to be told when the data is here.
    pub from: Party,
    /// Of what was yielded: whether there is more.
    pub has_more: bool,
}

impl Ghost {
    /// A ghost whose requests come from `source`.
    pub fn new(source: GlobalId) -> Self {
        Self {
            exchange: Exchange::IDLE,
            source,
            sequence: 0,
            head: [0; 32],
            outcome: None,
            requests: Queue::EMPTY,
            host: None,
            events: 0,
            closed: Vec::with_capacity(CLOSED),
            declined: Vec::with_capacity(CLOSED),
            data: None,
            inbox: None,
            adopting: None,
            rebinding: None,
        }
    }

    /// The offer of a port was lost with its message. When too many are lost at once, the one who
    /// has made the offer finds out when this node or incarnation is gone.
    pub fn decline(&mut self, port: GlobalId, watcher: Watcher) {
        if self.declined.len() < CLOSED {
            self.declined.push((port, watcher));
        }
    }

    /// Stream `stream` was closed, and `watcher` wants to know. When too many were closed at
    /// once he is not told, and finds out when he uses his handle.
    pub fn announce_closed(&mut self, stream: GlobalId, watcher: Watcher) {
        if self.closed.len() < CLOSED {
            self.closed.push((stream, watcher));
        }
    }
}

/// What a ghost has to do next.
enum Duty {
    /// Make an incarnation.
    Host(u16),
    /// Tell who watches of an event: `1 << EventType`.
    Announce(EventType),
    /// Forget the watchers who are gone.
    Sweep,
    /// Look whether those that its incarnation depends on are there.
    Test,
    /// Ask others to tell of events.
    Renew,
    /// Tell that a stream was closed.
    Closed(GlobalId, Watcher),
    /// Tell that an offer of a port has come to nothing.
    Declined(GlobalId, Watcher),
    /// Ask whether something that was yielded has arrived.
    Inquire(u16),
    /// Its incarnation has ended.
    Bury,
    /// The RDC that was launched from its incarnation has ended.
    EndRdc,
    /// Serve a request.
    Serve(u16),
}

/// The ghost of `slot`.
pub(crate) async fn ghost<P: Platform>(cx: Cx<P>, slot: Slot) {
    loop {
        match cx.until(|state| state.next_duty(slot)).await {
            Duty::Host(message) => crate::hosting::host(&cx, slot, message).await,
            Duty::Announce(event) => announce(&cx, slot, event).await,
            Duty::Sweep => sweep(&cx, slot).await,
            Duty::Test => crate::dependency::test(&cx, slot).await,
            Duty::Renew => crate::forking::renew::renew(&cx, slot).await,
            Duty::Closed(stream, watcher) => {
                let mut request = Request::new(Action::Notify);
                request.a = (EventType::StreamClosed as u32).into();
                request.id = stream.bits().into();
                let _ = ask(&cx, slot, watcher.ghost, watcher.id, &request).await;
            }
            Duty::Declined(port, watcher) => {
                let mut request = Request::new(Action::Decline);
                request.id = port.bits().into();
                let _ = ask(&cx, slot, watcher.ghost, watcher.id, &request).await;
            }
            Duty::Inquire(index) => inquire(&cx, slot, index).await,
            Duty::Bury => crate::ending::bury(&cx, slot).await,
            Duty::EndRdc => {
                crate::ending::withdraw_everywhere(&cx, slot).await;
                cx.with(|state| state.rdc_ended(slot));
            }
            Duty::Serve(message) => serve(&cx, slot, message).await,
        }
    }
}

/// Makes a request to the ghost at `to` of incarnation `id`, and waits for the answer.
pub(crate) async fn ask<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    to: KernelPort,
    id: GlobalId,
    request: &Request,
) -> Result<GhostReply, CallError> {
    ask_port(cx, slot, (to, PortType::Ghost, id), request).await
}

/// Makes a request to the kernel port at an address, of a type and identity, and waits for the
/// answer.
pub(crate) async fn ask_port<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    (to, to_type, id): (KernelPort, PortType, GlobalId),
    request: &Request,
) -> Result<GhostReply, CallError> {
    cx.with(|state| state.begin_request(slot, to, to_type, id, request));
    cx.until(|state| state.locals[slot.index()].ghost.outcome.take()).await
}

/// Makes a request to a loader, and waits for the answer.
pub(crate) async fn ask_loader<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    to: KernelPort,
    request: &Request,
) -> Result<GhostReply, CallError> {
    let id = cx.with(|state| state.ghost_source(slot));
    ask_port(cx, slot, (to, PortType::NodeService, id), request).await
}

/// Serves the request in message `index`.
async fn serve<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let (request, bulk) = cx.with(|state| {
        let message = state.pool.message(index);
        (Request::of(&message.head), message.granted)
    });
    if let (Some(Action::CopyTo), Some(granted)) = (Action::from_number(request.action), bulk) {
        let result = pull_all(cx, slot, &request, granted).await;
        let answer = Answer::new(result.map(|()| 0));
        return cx.with(|state| state.answer_request(index, &Contents::of(answer.head())));
    }
    match Action::from_number(request.action) {
        Some(Action::Attach) => return attach(cx, slot, index).await,
        Some(Action::RebindAt) => return rebind(cx, slot, index).await,
        Some(Action::AllocateNode | Action::WithdrawNode) => {
            return crate::nodes::manage(cx, slot, index).await;
        }
        _ => {}
    }
    cx.with(|state| state.serve(slot, index, &request));
}

/// Copies granted data to where a request wants it, piece by piece.
async fn pull_all<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    request: &Request,
    granted: Granted,
) -> Result<(), CallError> {
    let range = UserRange { base: UserAddr(request.a.get()), length: granted.grant.length };
    cx.with(|state| state.check(slot, range, Access::Write))?;
    let mut done = 0;
    while done < range.length {
        let length = crate::delivery::pull::PIECE.min(range.length - done);
        let pull = Pull {
            from: granted.node,
            grant: granted.grant,
            offset: done,
            slot,
            to: UserRange { base: UserAddr(range.base.0 + done), length },
            side: Side::User,
        };
        cx.with(|state| state.bus.pull(&mut state.memory, &pull))
            .map_err(|_| CallError::PeerLost)?;
        done += length;
        cx.pause().await;
    }
    Ok(())
}

impl<P: Platform> State<P> {
    /// Who the requests of the ghost of `slot` come from.
    pub(crate) fn ghost_source(&self, slot: Slot) -> GlobalId {
        self.locals[slot.index()].ghost.source
    }

    /// The request of the ghost of `slot` is answered: what went along is not needed any more.
    pub(crate) fn drop_ghost_data(&mut self, slot: Slot) {
        if let Some((block, _)) = self.locals[slot.index()].ghost.data.take() {
            self.pool.free_block(block);
        }
    }

    fn next_duty(&mut self, slot: Slot) -> Option<Duty> {
        let local = self.locals.get_mut(slot.index())?;
        if let Some(message) = local.ghost.host.take() {
            return Some(Duty::Host(message));
        }
        let condition = local.incarnation.as_ref()?.condition;
        for event in [EventType::Made, EventType::Faulting] {
            if local.ghost.events & 1 << event as u32 != 0 {
                local.ghost.events &= !(1 << event as u32);
                return Some(Duty::Announce(event));
            }
        }
        if local.ghost.events & SWEEP != 0 {
            local.ghost.events &= !SWEEP;
            return Some(Duty::Sweep);
        }
        if let Some((stream, watcher)) = local.ghost.closed.pop() {
            return Some(Duty::Closed(stream, watcher));
        }
        if let Some((port, watcher)) = local.ghost.declined.pop() {
            return Some(Duty::Declined(port, watcher));
        }
        if let Some(index) = self.next_to_ask(slot) {
            return Some(Duty::Inquire(index));
        }
        if matches!(condition, Condition::Ended(..)) {
            // What it has yielded comes back if it was not taken.
            return (!self.has_leaving(slot)).then_some(Duty::Bury);
        }
        let local = self.locals.get_mut(slot.index())?;
        let rdc = local.incarnation.as_ref()?.rdc;
        if self.rdcs.home(rdc).is_some_and(|home| home.slot == slot && home.begin_end()) {
            return Some(Duty::EndRdc);
        }
        // A test may wait for a node that does not answer: others have their turn before the next.
        self.next_request(slot).map(Duty::Serve).or_else(|| self.next_question(slot))
    }

    /// The next question to others that can wait.
    fn next_question(&mut self, slot: Slot) -> Option<Duty> {
        let events = &mut self.locals.get_mut(slot.index())?.ghost.events;
        let questions = [(RENEW, Duty::Renew), (TEST, Duty::Test)];
        let (flag, duty) = questions.into_iter().find(|(flag, _)| *events & flag != 0)?;
        *events &= !flag;
        Some(duty)
    }

    /// Takes the first request to the ghost of `slot` that can be served now.
    fn next_request(&mut self, slot: Slot) -> Option<u16> {
        let requests = self.locals.get(slot.index())?.ghost.requests;
        let can_be_served = |head| !self.has_to_wait(slot, Request::of(head).action);
        let found = requests.iter(&self.pool).find(|(_, message)| can_be_served(&message.head));
        let index = found?.0;
        let local = self.locals.get_mut(slot.index())?;
        local.ghost.requests.remove(&mut self.pool, index);
        Some(index)
    }

    /// Begins a request of the ghost of `slot`.
    fn begin_request(
        &mut self,
        slot: Slot,
        to: KernelPort,
        to_type: PortType,
        id: GlobalId,
        request: &Request,
    ) {
        let ghost = &mut self.locals[slot.index()].ghost;
        ghost.sequence = ghost.sequence.wrapping_add(1);
        ghost.head = request.head();
        ghost.outcome = None;
        let exchange =
            Exchange::request(to_type, to, id.bits()).from(ghost.source.bits(), ghost.sequence);
        self.begin(Owner::Ghost(slot), exchange);
        self.transmit(Owner::Ghost(slot));
    }

    /// The reply to a request of the ghost of `slot` has arrived.
    pub(crate) fn take_ghost_reply(&mut self, slot: Slot, letter: &Letter) {
        let granted = match letter.data {
            Data::Granted(granted) => Some(granted),
            _ => None,
        };
        let (mut has_more, mut total) = (false, 0);
        if self.locals[slot.index()].ghost.adopting.is_some() {
            match self.take_over(slot, letter) {
                Ok(more) => has_more = more,
                Err(error) => return self.end_request(slot, Err(error)),
            }
        } else if granted.is_none() {
            if let Some(block) = self.locals[slot.index()].ghost.inbox
                && self.keep_data(letter.data, letter.total, block)
            {
                total = letter.total;
            }
            self.acknowledge(letter.from);
        }
        let reply = GhostReply { head: letter.head, granted, total, from: letter.from, has_more };
        self.end_request(slot, Ok(reply));
        if granted.is_some() {
            self.locals[slot.index()].ghost.exchange.phase = Phase::Pulling;
        }
    }

    /// The ghost of `slot` takes over what it was answered with; whether there is more.
    fn take_over(&mut self, slot: Slot, letter: &Letter) -> Result<bool, CallError> {
        let owner = Owner::Ghost(slot);
        let taken = self.adopt_part(owner, letter);
        match taken {
            Ok(true) => self.acknowledge(letter.from),
            Ok(false) => {
                self.install(owner);
                self.say_arrived(letter.from);
            }
            Err(_) => self.say_declined(letter.from),
        }
        taken
    }

    /// The ghost of `slot` has pulled what it needs of a reply.
    pub(crate) fn finish_reply(&mut self, slot: Slot, reply: &GhostReply) {
        self.locals[slot.index()].ghost.exchange.phase = Phase::Idle;
        self.acknowledge(reply.from);
    }

    /// The request of the ghost of `slot` has failed.
    pub(crate) fn fail_ghost(&mut self, slot: Slot, error: CallError) {
        self.end_request(slot, Err(error));
    }

    fn end_request(&mut self, slot: Slot, outcome: Result<GhostReply, CallError>) {
        let ghost = &mut self.locals[slot.index()].ghost;
        ghost.exchange.phase = Phase::Idle;
        ghost.outcome = Some(outcome);
        self.tasks.wake_ghost(slot);
    }

    /// Serves a request for which nobody has to be asked.
    pub(crate) fn serve_at_once(&mut self, slot: Slot, index: u16) {
        let message = self.pool.message(index);
        let (request, party) = (Request::of(&message.head), message.party);
        let contents = match Action::from_number(request.action) {
            Some(Action::Destroy) => {
                self.answer_request(index, &Contents::of(Answer::new(Ok(0)).head()));
                return self.end(slot, EndReason::Destroyed, 0);
            }
            Some(Action::Freeze) => {
                self.freeze(slot);
                Contents::of(Answer::new(Ok(0)).head())
            }
            Some(Action::Status) => self.status_contents(slot),
            Some(Action::Yield) => self.serve_yield(slot, &request, party),
            Some(Action::Rebind) => self.serve_rebind(slot, &request),
            Some(Action::Adopt) => self.serve_adopt(slot, index),
            Some(Action::Test) => Contents::of(Answer::new(self.is_there(slot)).head()),
            Some(Action::Watch) => self.serve_watch(slot, &request, party),
            Some(Action::Auxiliary) => Contents::of(self.auxiliary(slot).head()),
            Some(Action::Decline) => {
                self.take_back_offer(slot, request.id.get());
                Contents::of(Answer::new(Ok(0)).head())
            }
            _ => {
                self.notified(slot, &request);
                Contents::of(Answer::new(Ok(0)).head())
            }
        };
        self.answer_request(index, &contents);
        if let Data::Block(block) = contents.data {
            self.pool.free_block(block);
        }
    }

    /// Serves a request that needs no waiting.
    fn serve(&mut self, slot: Slot, index: u16, request: &Request) {
        let message = *self.pool.message(index);
        let party = message.party;
        let requester = GlobalId::from_bits(party.source);
        let answer = |result: Result<u32, CallError>| Contents::of(Answer::new(result).head());
        let contents = match Action::from_number(request.action) {
            Some(Action::Unfreeze) => answer(self.unfreeze(slot, request.a.get()).map(|()| 0)),
            Some(Action::Depend) => match requester {
                Some(id) => {
                    let parent = Watcher { id, ghost: party.ghost };
                    answer(self.depend(slot, parent, request.a.get()))
                }
                None => answer(Err(CallError::BadArgument)),
            },
            Some(Action::CopyTo) => {
                let range = UserRange { base: UserAddr(request.a.get()), length: message.total };
                let data = message.block.map_or(Data::None, Data::Block);
                let copied = self.check(slot, range, Access::Write);
                answer(
                    copied
                        .and_then(|()| self.copy_data(data, message.total, slot, range))
                        .map(|()| 0),
                )
            }
            Some(Action::FreezeStream) => self.serve_freeze(slot, request, Frozen::Yes),
            Some(Action::UnfreezeStream) => self.serve_freeze(slot, request, Frozen::No),
            Some(Action::CopyFrom) => self.copy_from_contents(slot, request),
            Some(Action::Copy) => self.part_contents(slot, request),
            Some(action) => self.serve_launch(slot, action, request, index),
            None => answer(Err(CallError::NotSupported)),
        };
        self.answer_request(index, &contents);
        if let Data::Block(block) = contents.data {
            self.pool.free_block(block);
        }
    }

    fn freeze(&mut self, slot: Slot) {
        self.caller(slot).frozen = Frozen::Yes;
        self.sched.remove(slot);
    }

    fn unfreeze(&mut self, slot: Slot, priority: u32) -> Result<(), CallError> {
        let priority = Priority::new(priority).ok_or(CallError::BadArgument)?;
        let incarnation = self.caller(slot);
        if incarnation.frozen == Frozen::No && incarnation.condition != Condition::Inchoate {
            return Err(CallError::NotFrozen);
        }
        incarnation.frozen = Frozen::No;
        incarnation.priority = priority;
        if incarnation.condition == Condition::Inchoate {
            self.start(slot);
        }
        self.resume(slot);
        Ok(())
    }

    /// Memory of `slot` as the data of a reply.
    fn copy_from_contents(&mut self, slot: Slot, request: &Request) -> Contents {
        let length = request.other.get() as u32;
        let range = UserRange { base: UserAddr(request.a.get()), length };
        let data = self.check(slot, range, Access::Read).and_then(|()| {
            if length as usize > INLINE_DATA {
                self.grant(slot, range).map(Data::Granted)
            } else {
                Ok(Data::User(slot, range.base))
            }
        });
        match data {
            Ok(data) => {
                let data = if length == 0 { Data::None } else { data };
                Contents { total: length, data, ..Contents::of(Answer::new(Ok(0)).head()) }
            }
            Err(error) => Contents::of(Answer::new(Err(error)).head()),
        }
    }
}
