//! Ports are attached to channels by somebody else (dissertation, §6.2.2, §8.5.2). The ghost of
//! the port's owner does it: it asks the port that is attached now to yield.

use abi::constants::ChannelType;
use abi::error::CallError;
use abi::ids::GlobalId;
use abi::message::{KernelPort, PortType};
use zerocopy::big_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::adopt::Adopting;
use crate::delivery::reply::Contents;
use crate::exchange::Owner;
use crate::executor::Cx;
use crate::ghost::{GhostReply, ask_port};
use crate::operation::{Action, Answer, Request, attaches, yields};
use crate::platform::{Platform, Slot};
use crate::port::{ATTACHMENTS, Attachment};
use crate::reference::Reference;
use crate::state::State;

/// Attachments that nobody could yield, since nobody was found: theirs counts more than any
/// that is known, however often that has moved since.
pub(crate) const LEAP: u32 = 1 << 16;

/// The data of a request to attach a port: the port that is to be detached.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Detached {
    /// The port; 0 for whichever is attached.
    pub port: U64,
    /// Its owner.
    pub owner: U64,
    /// His ghost.
    pub ghost: U32,
}

/// Attaches a port of `slot` as message `index` requests.
pub(crate) async fn attach<P: Platform>(cx: &Cx<P>, slot: Slot, index: u16) {
    let (request, old) = cx.with(|state| {
        let message = *state.pool.message(index);
        let data = message.block.map(|block| state.pool.data(block, size_of::<Detached>()));
        let old = data.and_then(|bytes| Detached::read_from_bytes(bytes).ok());
        (Request::of(&message.head), old)
    });
    let result = try_attach(cx, slot, &request, old).await;
    let answer = Answer::new(result.map(|()| 0));
    cx.with(|state| state.answer_request(index, &Contents::of(answer.head())));
}

async fn try_attach<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    request: &Request,
    old: Option<Detached>,
) -> Result<(), CallError> {
    let Some(port) = cx.with(|state| state.prepare_attachment(slot, request))? else {
        return Ok(());
    };
    let is_group = request.b.get() & attaches::MULTICAST != 0;
    let old = old.filter(|old| old.port.get() != 0);
    if is_group && old.is_none() {
        return cx.with(|state| state.attach_anew(slot, port, request, 0));
    }
    cx.with(|state| {
        let adopting = Adopting::new(port, state.next_move());
        state.locals[slot.index()].ghost.adopting = Some(adopting);
    });
    let mut result = take_over(cx, slot, request, old).await;
    if result == Err(CallError::NotAttached) && old.is_none() {
        result = cx.with(|state| {
            state.reject(Owner::Ghost(slot));
            state.attach_anew(slot, port, request, LEAP)
        });
    }
    if result.is_err() {
        cx.with(|state| state.reject(Owner::Ghost(slot)));
    }
    result
}

/// Has the port that is attached now yield, part by part.
async fn take_over<P: Platform>(
    cx: &Cx<P>,
    slot: Slot,
    request: &Request,
    old: Option<Detached>,
) -> Result<(), CallError> {
    let mut wanted = Request::new(Action::Yield);
    wanted.other = request.id;
    let number = cx.with(|state| state.adopting(Owner::Ghost(slot)).map(|it| it.number));
    wanted.c = number.unwrap_or_default().into();
    if request.b.get() & attaches::QUEUE != 0 {
        wanted.a = yields::QUEUE.into();
    }
    let (to_type, to, id) = match old {
        Some(old) => {
            wanted.id = old.port;
            (PortType::Ghost, KernelPort(old.ghost.get()), old.owner.get())
        }
        None => (PortType::Attachment, KernelPort(request.a.get()), request.id.get()),
    };
    let id = GlobalId::from_bits(id).ok_or(CallError::BadArgument)?;
    let mut to = to;
    loop {
        let reply: GhostReply = match ask_port(cx, slot, (to, to_type, id), &wanted).await {
            // Where the port was last known to be, nothing is any more: it may be elsewhere.
            Err(CallError::PeerLost) if old.is_none() && to != KernelPort::NONE => {
                to = KernelPort::NONE;
                continue;
            }
            reply => reply?,
        };
        if !reply.has_more {
            return Ok(());
        }
        wanted.b = (wanted.b.get() + 1).into();
    }
}

impl<P: Platform> State<P> {
    /// The port that a request to attach means; none if it is attached so already.
    fn prepare_attachment(
        &mut self,
        slot: Slot,
        request: &Request,
    ) -> Result<Option<u16>, CallError> {
        let channel = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let id = request.other.get();
        let found = self.caller(slot).references.iter().find_map(|(index, reference)| {
            let Reference::Port(port) = reference else { return None };
            (port.id.bits() == id && !port.offer.is_given()).then_some((index, *port))
        });
        let (index, port) = found.ok_or(CallError::Unreachable)?;
        if port.attachment(channel).is_some() {
            return Ok(None);
        }
        // A backup port keeps a place for the channel that it is to take over.
        let kept = usize::from(self.backup(port.id).is_some_and(|it| it.channel != channel));
        if port.attached_to().count() + kept >= ATTACHMENTS {
            return Err(CallError::TableFull);
        }
        Ok(Some(index))
    }

    /// Attaches a port to a channel that nobody has to yield.
    pub(crate) fn attach_anew(
        &mut self,
        slot: Slot,
        port: u16,
        request: &Request,
        generation: u32,
    ) -> Result<(), CallError> {
        let channel = GlobalId::from_bits(request.id.get()).ok_or(CallError::BadArgument)?;
        let is_group = request.b.get() & attaches::MULTICAST != 0;
        let channel_type = if is_group { ChannelType::Multicast } else { ChannelType::Unicast };
        let kernel_port = self.ports.reserve().ok_or(CallError::NoMemory)?;
        let attachment = Attachment { channel, channel_type, generation, kernel_port };
        let known = self.caller(slot).references.port_mut(port);
        if !known.is_some_and(|port| port.attach(attachment)) {
            self.ports.release(kernel_port);
            return Err(CallError::TableFull);
        }
        self.ports.resume(kernel_port, slot, port, channel);
        self.need_no_backup(slot, port, channel);
        let address = self.ports.address(kernel_port);
        self.attached_here(channel, address);
        Ok(())
    }

    /// A port has been attached to a channel that nobody had to yield: who looks for it finds it
    /// here.
    pub(crate) fn attached_here(&mut self, channel: GlobalId, address: KernelPort) {
        self.redirects.forget(channel.bits());
        self.unpark(channel, address);
    }
}
