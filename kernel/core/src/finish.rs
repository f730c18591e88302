//! What a call does with the answer to the request that it waited for.

use abi::constants::{ChannelType, Domain, EndReason, EventType, inc_rights};
use abi::error::CallError;
use abi::ids::{GlobalId, NodeId, UserAddr};
use abi::message::KernelPort;
use abi::structs::NodeEntry;
use zerocopy::IntoBytes;

use crate::incarnation::Awaited;
use crate::launch::NODE_WORDS;
use crate::letter::{Data, Letter};
use crate::loader::CREATOR_EVENTS;
use crate::operation::{Answer, Finish, Operation, Request};
use crate::platform::{Bus, Memory, Platform, Slot, UserRange};
use crate::probes::Answers;
use crate::reference::{IncHandle, Pending, Reference};
use crate::state::State;
use crate::stream::Stream;

impl<P: Platform> State<P> {
    /// The reply to a request of `slot` has arrived.
    pub(crate) fn complete_operation(
        &mut self,
        slot: Slot,
        operation: &Operation,
        letter: &Letter,
    ) {
        self.drop_operation_data(&operation.data);
        if let Finish::Adopt(_) = operation.finish {
            return self.yielded(slot, operation, letter);
        }
        if !matches!(letter.data, Data::Granted(_)) {
            self.acknowledge(letter.from);
        }
        let answer = Answer::of(&letter.head);
        let result = match (operation.finish, answer.result()) {
            (Finish::Watched { .. }, Ok(_)) => {
                return self.watched(slot, &operation.finish, Ok(&answer));
            }
            (Finish::Watched { .. }, Err(error)) => {
                return self.watched(slot, &operation.finish, Err(error));
            }
            (Finish::Forgotten, _) | (Finish::Adopt(_), Ok(_)) => Ok(0),
            (Finish::Ending, _) => {
                let status = Request::of(&operation.head).a.get();
                return self.end(slot, EndReason::RdcEnded, status);
            }
            (Finish::Status, Err(error)) if error != CallError::Busy => {
                return self.finish_unreachable(slot, operation.room.base);
            }
            (Finish::Attached(port), Err(error)) => {
                self.close(slot, port.index() as u16);
                Err(error)
            }
            // The answer to an earlier attempt may have been lost.
            (Finish::Withdrawn(rdc, node), result @ (Ok(_) | Err(CallError::NotAllocated))) => {
                if let Some(home) = self.rdcs.home(rdc) {
                    home.nodes.retain(|allocated| *allocated != node);
                }
                result.map(|_| 0)
            }
            (_, Err(error)) => Err(error),
            (Finish::Attached(port), Ok(_)) => Ok(port.get()),
            (Finish::Plain | Finish::Status, Ok(_)) if letter.total > 0 => {
                return self.complete_data(slot, operation.room, letter, Awaited::Answer);
            }
            (Finish::Plain | Finish::Status, Ok(value)) => Ok(value),
            (Finish::Create { handle, stream, id, channel }, Ok(_)) => {
                self.finish_create(slot, (handle, stream), (id, channel), &answer)
            }
            (Finish::Stream, Ok(_)) => self.finish_stream(slot, &answer),
            (Finish::Nodes, Ok(_)) => self.finish_nodes(slot, operation.room, &answer),
            (Finish::Allocated(rdc, node), Ok(_)) => {
                if let Some(home) = self.rdcs.home(rdc).filter(|home| !home.nodes.contains(&node)) {
                    home.nodes.push(node);
                }
                Ok(0)
            }
        };
        self.finish(slot, result);
    }

    /// Enters the references to a new incarnation and its standard port.
    fn finish_create(
        &mut self,
        slot: Slot,
        places: (UserAddr, UserAddr),
        ids: (u64, u64),
        answer: &Answer,
    ) -> Result<u32, CallError> {
        let ids = (GlobalId::from_bits(ids.0), GlobalId::from_bits(ids.1));
        let (Some(id), Some(channel)) = ids else { return Err(CallError::BadArgument) };
        let mut pending = Pending::default();
        if let Some(made_ms) = answer.made_ms() {
            pending.set(EventType::Made, (made_ms, 0));
        }
        let handle = IncHandle {
            id,
            ghost: KernelPort(answer.values[0].get()),
            rights: inc_rights::ALL,
            domain: Domain::Any,
            interest: CREATOR_EVENTS,
            pending,
            answers: Answers::Missing(0),
        };
        let port = KernelPort(answer.values[1].get());
        let stream = Stream::new(self.new_id(), channel, ChannelType::Unicast, port);
        let references = &mut self.caller(slot).references;
        let handle = references.insert(Reference::Incarnation(handle))?;
        let stream = references.insert(Reference::Stream(stream))?;
        self.memory
            .copy_out(slot, places.0, &handle.get().to_be_bytes())
            .and_then(|()| self.memory.copy_out(slot, places.1, &stream.get().to_be_bytes()))
            .map_err(|_| CallError::BadAddress)?;
        Ok(0)
    }

    /// Enters a stream to the channel in an answer.
    fn finish_stream(&mut self, slot: Slot, answer: &Answer) -> Result<u32, CallError> {
        let [high, low, port, ..] = answer.values.map(zerocopy::big_endian::U32::get);
        let channel = GlobalId::from_bits(u64::from(high) << 32 | u64::from(low));
        let channel = channel.ok_or(CallError::NotAttached)?;
        let stream = Stream::new(self.new_id(), channel, ChannelType::Unicast, KernelPort(port));
        self.caller(slot).references.insert(Reference::Stream(stream)).map(abi::ids::RefId::get)
    }

    /// Writes the nodes of the RDC, with their loads, as far as there is room.
    fn finish_nodes(
        &mut self,
        slot: Slot,
        room: UserRange,
        answer: &Answer,
    ) -> Result<u32, CallError> {
        let size = size_of::<NodeEntry>() as u32;
        let mut count = 0;
        for number in 0..self.bus.nodes() {
            let node = NodeId(number);
            let word = answer.values[node.index() / 32 % NODE_WORDS].get();
            if word & 1 << (node.index() % 32) == 0 || (count + 1) * size > room.length {
                continue;
            }
            let load = self.bus.status(node).map_or(0, |status| status.load);
            let entry = NodeEntry { ne_node: u32::from(number).into(), ne_load: load.into() };
            let address = UserAddr(room.base.0 + count * size);
            self.memory
                .copy_out(slot, address, entry.as_bytes())
                .map_err(|_| CallError::BadAddress)?;
            count += 1;
        }
        Ok(count)
    }
}
