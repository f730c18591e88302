//! How a ghost makes the incarnation of its place (dissertation, §8.3): it fetches what it
//! needs from the RDC's launch endpoint, or from the node of an INCHOATE incarnation of the same
//! module (§3.2.1), while other incarnations run, also while others are being made.

use abi::constants::{ChannelType, Domain, EndReason, EventType, InitialState};
use abi::error::CallError;
use abi::ids::{GlobalId, ModuleId, RdcId, UserAddr};
use abi::start::StartBlock;
use abi::structs::IncParams;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use crate::delivery::pull::PIECE;
use crate::delivery::references::read_wire;
use crate::delivery::reply::Contents;
use crate::executor::Cx;
use crate::forking::child::fork;
use crate::ghost::{GhostReply, ask};
use crate::incarnation::{Condition, Incarnation, Program};
use crate::loader::own_handle;
use crate::operation::{Action, Answer, Blueprint, Part, Request};
use crate::platform::{
    Bus, Identity, Machine, Memory, MemoryError, Platform, Pull, Side, Slot, SpaceMap, TextState,
    UserRange,
};
use crate::pool::Granted;
use crate::port::Port;
use crate::rdc::{DOORS, Image};
use crate::reference::Reference;
use crate::state::{Local, State};
use crate::stream::{Stream, Watcher};

/// Where in its table of references an incarnation has its auxiliary port: behind its handle to
/// itself, its standard port, and its streams to the doors.
const AUXILIARY_AT: u16 = 2 + DOORS as u16;

/// Where the text and the data of an incarnation come from.
struct Source {
    image: Image,
    /// The reply that grants what is fetched now.
    reply: GhostReply,
    origin: Origin,
}

/// Who has them.
#[derive(Clone, Copy)]
enum Origin {
    /// The launch endpoint: text, followed by data.
    Module,
    /// The ghost of an INCHOATE incarnation: data, and text for the asking.
    Incarnation(Watcher),
}

/// Makes the incarnation that message `index` requests, in `slot`.
pub(crate) async fn host<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let request = cx.with(|state| Request::of(&state.pool.message(index).head));
    if request.c.get() == Blueprint::Caller as u16 {
        return fork(cx, slot, index).await;
    }
    let (mut source, map, answer) = match begin(cx, slot, index, &request).await {
        Ok(begun) => begun,
        Err(error) => return cx.with(|state| state.turn_away(slot, index, error)),
    };
    let parameters = cx.with(|state| state.write_parameters(slot, index, &map));
    let telling = Telling::of(&map);
    if telling == Telling::Separately {
        cx.with(|state| state.answer_request(index, &Contents::of(answer.head())));
    }
    let fetched = match parameters {
        Ok(()) => fetch(cx, slot, &map, &mut source).await,
        Err(error) => Err(error),
    };
    cx.with(|state| {
        state.finish_reply(slot, &source.reply);
        let made = fetched.and_then(|()| state.made(slot, &request));
        match (telling, made) {
            (Telling::WithAnswer, Ok(made_ms)) => {
                let answer = answer.made_after(made_ms);
                state.answer_request(index, &Contents::of(answer.head()));
            }
            (Telling::WithAnswer, Err(error)) => state.turn_away(slot, index, error),
            (Telling::Separately, Ok(_)) => state.announce_made(slot),
            (Telling::Separately, Err(error)) => {
                state.end(slot, EndReason::NotCreated, error.code() as u32);
            }
        }
    });
}

/// Finds out what the incarnation is to be, and reserves what it needs. Answers where its memory
/// is and what its creator is told.
async fn begin<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    index: u16,
    request: &Request,
) -> Result<(Source, SpaceMap, Answer), CallError> {
    let source = find_source(cx, slot, index, request).await?;
    cx.until(|state| state.may_furnish(slot, &source.image).then_some(())).await;
    let furnished = cx.with(|state| {
        let furnished = state.furnish(slot, index, &source.image);
        if furnished.is_err() {
            state.finish_reply(slot, &source.reply);
        }
        furnished
    });
    let (map, answer) = furnished?;
    Ok((source, map, answer))
}

/// Registers the new incarnation with its RDC, and asks whoever has what it is made from.
async fn find_source<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    index: u16,
    request: &Request,
) -> Result<Source, CallError> {
    let blueprint = Blueprint::from_number(request.c.get()).ok_or(CallError::BadArgument)?;
    if blueprint != Blueprint::Incarnation {
        let reply = register(cx, slot, request, None).await?;
        return Source::of(reply, Origin::Module);
    }
    let template = cx.with(|state| state.template(index)).ok_or(CallError::BadArgument)?;
    let registered = register(cx, slot, request, Some(template)).await?;
    let module = Answer::of(&registered.head).result()?;
    cx.with(|state| state.caller(slot).module = ModuleId(module as u16));
    let reply = ask_for_part(cx, slot, template, Part::Data).await?;
    Source::of(reply, Origin::Incarnation(template))
}

impl Source {
    fn of(reply: GhostReply, origin: Origin) -> Result<Self, CallError> {
        if reply.granted.is_none() {
            // A reply without an image is an error.
            return Err(Answer::of(&reply.head).result().err().unwrap_or(CallError::BadFile));
        }
        let image = Image::read_from_bytes(&reply.head).expect("an image has 32 bytes");
        Ok(Self { image, reply, origin })
    }
}

/// Asks the ghost of an incarnation for a part of what it is.
pub(crate) async fn ask_for_part<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    from: Watcher,
    part: Part,
) -> Result<GhostReply, CallError> {
    let request = part_request(part);
    ask(cx, slot, from.ghost, from.id, &request).await.map_err(|_| CallError::Unreachable)
}

/// The request for a part of an incarnation.
pub(crate) fn part_request(part: Part) -> Request {
    let mut request = Request::new(Action::Copy);
    request.a = (part as u32).into();
    request
}

/// How the creator of an incarnation learns that it is complete.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// He waits for it: what is left to be fetched takes no longer than one piece.
    WithAnswer,
    /// By an event: his call has returned before, and others work while text is fetched.
    Separately,
}

impl Telling {
    fn of(map: &SpaceMap) -> Self {
        let is_short = map.text_state == TextState::Present && map.data.length <= PIECE;
        if is_short { Self::WithAnswer } else { Self::Separately }
    }
}

/// Registers the new incarnation with its RDC: as one of a module, or as one like `like`.
pub(crate) async fn register<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    host: &Request,
    like: Option<Watcher>,
) -> Result<GhostReply, CallError> {
    let rdc = RdcId::new(host.rdc.get()).ok_or(CallError::NotAllocated)?;
    let (launch, node) = cx
        .with(|state| state.rdcs.get(rdc).map(|rdc| (rdc.launch, state.node)))
        .ok_or(CallError::NotAllocated)?;
    let mut request = Request::new(Action::Register);
    request.rdc = host.rdc;
    request.id = host.id;
    request.other = like.map_or(0, |like| like.id.bits()).into();
    request.a = host.a;
    request.b = u16::from(node.0).into();
    ask(cx, slot, launch.ghost, launch.id, &request).await
}

/// Fetches text, unless it is here, and data.
async fn fetch<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    map: &SpaceMap,
    source: &mut Source,
) -> Result<(), CallError> {
    let granted = source.reply.granted.ok_or(CallError::BadFile)?;
    let is_missing = map.text_state == TextState::Missing;
    match source.origin {
        Origin::Module => {
            if is_missing {
                fetch_part(cx, slot, granted, 0, map.text).await?;
            }
            fetch_part(cx, slot, granted, source.image.text.get(), map.data).await
        }
        Origin::Incarnation(template) => {
            fetch_part(cx, slot, granted, 0, map.data).await?;
            if !is_missing {
                return Ok(());
            }
            cx.with(|state| state.finish_reply(slot, &source.reply));
            source.reply = ask_for_part(cx, slot, template, Part::Text).await?;
            let text = Source::of(source.reply, source.origin)?;
            let granted = text.reply.granted.ok_or(CallError::BadFile)?;
            fetch_part(cx, slot, granted, 0, map.text).await
        }
    }
}

/// Fetches a range of memory from the bytes of a grant behind `offset`, piece by piece.
pub(crate) async fn fetch_part<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    granted: Granted,
    offset: u32,
    to: UserRange,
) -> Result<(), CallError> {
    let mut done = 0;
    while done < to.length {
        let length = PIECE.min(to.length - done);
        let pull = Pull {
            from: granted.node,
            grant: granted.grant,
            offset: offset + done,
            slot,
            to: UserRange { base: UserAddr(to.base.0 + done), length },
            side: Side::Loader,
        };
        cx.with(|state| {
            state.check_loading(slot)?;
            state.bus.pull(&mut state.memory, &pull).map_err(|_| CallError::PeerLost)
        })?;
        done += length;
        if done < to.length {
            cx.pause().await;
        }
    }
    Ok(())
}

impl<P: Platform> State<P> {
    /// The incarnation that message `index` wants another one to be like.
    fn template(&self, index: u16) -> Option<Watcher> {
        match read_wire(self.pool.message(index).reference.as_ref()?)? {
            Reference::Incarnation(handle) => Some(Watcher { id: handle.id, ghost: handle.ghost }),
            _ => None,
        }
    }

    /// Whether the incarnation in `slot` can get its memory: not while somebody else here
    /// fetches its text, which it will share then.
    pub(crate) fn may_furnish(&self, slot: Slot, image: &Image) -> bool {
        let is_fetched = |local: &Local| {
            local.incarnation.as_ref().is_some_and(|incarnation| {
                incarnation.condition == Condition::Loading
                    && incarnation.program.is_some_and(|program| {
                        program.map.text_state == TextState::Missing
                            && program.image.text_id == image.text_id
                    })
            })
        };
        let has_ended = |inc: &Incarnation| inc.condition != Condition::Loading;
        self.incarnation(slot).is_none_or(has_ended) || !self.locals.iter().any(is_fetched)
    }

    /// Those who wait for a text that somebody else has fetched, or fetches no more, look again.
    pub(crate) fn wake_loading(&mut self) {
        for slot in self.slots() {
            let incarnation = self.incarnation(slot);
            if incarnation.is_some_and(|inc| inc.condition == Condition::Loading) {
                self.tasks.wake_ghost(slot);
            }
        }
    }

    /// Reserves what the incarnation in `slot` needs: memory, references, a port. Answers
    /// where its memory is and what its creator is told.
    fn furnish(
        &mut self,
        slot: Slot,
        index: u16,
        image: &Image,
    ) -> Result<(SpaceMap, Answer), CallError> {
        let message = *self.pool.message(index);
        let request = Request::of(&message.head);
        self.check_loading(slot)?;
        let Incarnation { id, rdc, .. } = *self.caller(slot);
        let launch = self.rdcs.get(rdc).ok_or(CallError::NotAllocated)?.launch;
        let channel = GlobalId::from_bits(request.other.get()).ok_or(CallError::BadArgument)?;
        let spec = image.space(size_of::<StartBlock>() as u32 + message.total);
        let map = self.memory.create(slot, &spec).map_err(|error| match error {
            MemoryError::NoMemory => CallError::NoMemory,
            MemoryError::BadRange => CallError::BadFile,
        })?;
        let auxiliary = self.new_id();
        let ports =
            [self.ports.open(slot, 1, channel), self.ports.open(slot, AUXILIARY_AT, auxiliary)];
        let [Some(kernel_port), Some(auxiliary_port)] = ports else {
            ports.into_iter().flatten().for_each(|port| self.ports.close(port));
            self.memory.destroy(slot);
            return Err(CallError::NoMemory);
        };
        let streams = launch.doors.map(|door| (self.new_id(), door));
        let ghost = self.ports.ghost_of(slot);
        let references = &mut self.caller(slot).references;
        let myself = references.insert(Reference::Incarnation(own_handle(id, ghost)))?;
        let port = Port::attached(channel, ChannelType::Unicast, kernel_port);
        let standard = references.insert(Reference::Port(port))?;
        for (id, door) in streams {
            let channel = door.channel().ok_or(CallError::BadArgument)?;
            let stream = Stream::new(id, channel, ChannelType::Unicast, door.port());
            references.insert(Reference::Stream(Stream { domain: Domain::Rdc, ..stream }))?;
        }
        let port = Port::attached(auxiliary, ChannelType::Unicast, auxiliary_port);
        let port = references.insert(Reference::Port(port))?;
        self.caller(slot).myself = Some(myself);
        self.caller(slot).standard = Some(standard);
        self.caller(slot).auxiliary = Some((port, auxiliary));
        self.caller(slot).program = Some(Program { image: *image, map });
        let mut answer = Answer::new(Ok(0));
        answer.values[0] = ghost.0.into();
        answer.values[1] = self.ports.address(kernel_port).0.into();
        Ok((map, answer))
    }

    /// Writes the block of start parameters: who the incarnation is, what it has, and what its
    /// creator gave it.
    fn write_parameters(
        &mut self,
        slot: Slot,
        index: u16,
        map: &SpaceMap,
    ) -> Result<(), CallError> {
        let given = self.pool.data_of(index);
        let mut block = StartBlock::new_zeroed();
        let base = map.parameters.base.0 + size_of::<StartBlock>() as u32;
        if let Ok((params, _)) = IncParams::read_from_prefix(given) {
            let data = base + size_of::<IncParams>() as u32;
            block.sb_params = params;
            block.sb_params.ip_dataargs = data.into();
            block.sb_params.ip_ifaces = (data + params.ip_datasize.get() as u32).into();
        }
        let incarnation = self.locals[slot.index()].incarnation.as_ref().expect("being made");
        let id = |at| incarnation.references.id(at).map_or(0, abi::ids::RefId::get).into();
        (block.sb_inc, block.sb_port, block.sb_aux) = (id(0), id(1), id(AUXILIARY_AT));
        (block.sb_launch, block.sb_space, block.sb_names) = (id(2), id(3), id(4));
        block.sb_rdc = incarnation.rdc.get().into();
        block.sb_node = u32::from(self.node.0).into();
        self.memory
            .copy_out(slot, map.parameters.base, block.as_bytes())
            .and_then(|()| self.memory.copy_out(slot, UserAddr(base), given))
            .map_err(|_| CallError::BadAddress)
    }

    /// The incarnation in `slot` is complete; answers how many milliseconds after it was
    /// begun. `NotAllocated` if it has ended meanwhile.
    pub(crate) fn made(&mut self, slot: Slot, request: &Request) -> Result<u32, CallError> {
        self.check_loading(slot)?;
        let now = self.machine.now();
        let incarnation = self.caller(slot);
        incarnation.condition = Condition::Inchoate;
        let made_ms = incarnation.age_ms(now);
        let (module, rdc) = (incarnation.module, incarnation.rdc);
        self.memory.loaded(slot);
        self.wake_loading();
        self.trace_made(slot, rdc, module);
        if request.b.get() == InitialState::Started as u16 {
            self.start(slot);
            self.resume(slot);
        }
        Ok(made_ms)
    }

    /// Has the ghost tell that the incarnation in `slot` is complete.
    fn announce_made(&mut self, slot: Slot) {
        self.locals[slot.index()].ghost.events |= 1 << EventType::Made as u32;
        self.tasks.wake_ghost(slot);
    }

    /// Whether the incarnation in `slot` is still to be made. It may have ended meanwhile: with
    /// its RDC, or since the node was withdrawn from that.
    pub(crate) fn check_loading(&self, slot: Slot) -> Result<(), CallError> {
        let is_loading = |inc: &Incarnation| inc.condition == Condition::Loading;
        let is_there = self.incarnation(slot).is_some_and(is_loading);
        if is_there { Ok(()) } else { Err(CallError::NotAllocated) }
    }

    /// Starts a complete incarnation.
    pub(crate) fn start(&mut self, slot: Slot) {
        let node = self.node;
        let incarnation = self.caller(slot);
        let (Some(program), Some(myself)) = (incarnation.program, incarnation.myself) else {
            return;
        };
        incarnation.condition = Condition::Executing;
        let identity = Identity::new(myself, node, incarnation.rdc);
        self.machine.start(slot, &program.start(), identity);
    }

    /// The incarnation that message `index` wants cannot be made.
    pub(crate) fn turn_away(&mut self, slot: Slot, index: u16, error: CallError) {
        self.answer_request(index, &Contents::of(Answer::new(Err(error)).head()));
        if let Some(incarnation) = self.incarnation_mut(slot) {
            // Its creator has the error as the result of his call; nobody else knows of it.
            incarnation.watchers.clear();
        }
        self.end(slot, EndReason::NotCreated, error.code() as u32);
    }
}
