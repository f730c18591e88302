//! The memory in which an endpoint keeps the arguments and results of its calls: one call at
//! a time, so that each structure and the buffer for data lie at one place.

use abi::constants::{Domain, EventType, HEADER_BYTES, InitialState, RefType, inc_rights};
use abi::ids::{ModuleId, NodeId, RdcId, RefId, UserAddr};
use abi::labels::Request;
use abi::rdc_file::USER_BEGIN;
use abi::service::TRANSFER_MAX;
use abi::structs::{EvDesc, IncCreateParams, Keep, Label, Msg, RefDescrip};
use kernel::platform::{Memory, Platform};
use kernel::{Launched, Node};
use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::doors::Parcel;

/// A message.
const MESSAGE: u32 = USER_BEGIN;
/// The two references that `inc_create` returns.
const RESULTS: u32 = USER_BEGIN + 0x80;
/// What the primary incarnation is given.
const PARAMETERS: u32 = USER_BEGIN + 0x100;
/// A list of events.
const EVENTS: u32 = USER_BEGIN + 0x180;
/// The data of a message.
const BUFFER: u32 = USER_BEGIN + 0x1000;
/// Where the modules begin.
pub const MODULES: u32 = BUFFER + TRANSFER_MAX;

/// The desk of one endpoint.
pub struct Desk<'n, P: Platform> {
    node: &'n mut Node<P>,
    launched: Launched,
}

/// What has happened while an endpoint waited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Ports at which there are messages.
    pub ports: Vec<RefId>,
    /// Its RDC has ended, with this exit code.
    pub end: Option<i32>,
}

/// A request that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The reply handle; 0 if no reply is expected.
    pub number: u32,
    /// The header.
    pub head: [u8; HEADER_BYTES],
    /// The data.
    pub data: Vec<u8>,
    /// A reference that came with it.
    pub reference: Option<u32>,
}

impl<'n, P: Platform> Desk<'n, P> {
    /// The desk of the endpoint that was `launched` on `node`.
    pub fn new(node: &'n mut Node<P>, launched: Launched) -> Self {
        Self { node, launched }
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        let written = self.node.memory().copy_out(self.launched.slot, UserAddr(at), bytes);
        written.expect("the desk is memory of the endpoint");
    }

    fn read<T: FromBytes>(&mut self, at: u32) -> T {
        let mut bytes = vec![0; size_of::<T>()];
        self.read_bytes(at, &mut bytes);
        T::read_from_bytes(&bytes).expect("as many bytes as it has")
    }

    fn read_bytes(&mut self, at: u32, into: &mut [u8]) {
        let read = self.node.memory().copy_in(self.launched.slot, UserAddr(at), into);
        read.expect("the desk is memory of the endpoint");
    }

    /// The arguments that create an incarnation of a module, started, on `node`.
    pub fn create(&mut self, module: ModuleId, node: NodeId) -> [u32; 5] {
        let mut parameters = IncCreateParams::new_zeroed();
        parameters.ic_state = (InitialState::Started as u32).into();
        self.write(PARAMETERS, parameters.as_bytes());
        [module.0.into(), u32::from(node.0), RESULTS, RESULTS + 4, PARAMETERS]
    }

    /// A handle to the incarnation that was created, and a stream to its standard port.
    pub fn created(&mut self) -> (u32, u32) {
        let results: [U32; 2] = self.read(RESULTS);
        (results[0].get(), results[1].get())
    }

    /// The arguments that send what is in `parcel`, for RDC `rdc`. A port is given away.
    pub fn send(&mut self, rdc: RdcId, parcel: &Parcel) -> [u32; 5] {
        let mut message = Msg::new_zeroed();
        if let Some(operation) = parcel.operation {
            let mut request = Request::new(operation, Label::EMPTY);
            request.number = (rdc.get() as i32).into();
            message.m_head.copy_from_slice(request.as_bytes());
        }
        let (rights, keep) = match parcel.ref_type {
            RefType::Port => (0, Keep::Destroy),
            _ => (inc_rights::EVENTS, Keep::Keep),
        };
        let id = parcel.reference.get();
        message.m_ref = RefDescrip::new(parcel.ref_type, id, Domain::Any, rights);
        message.m_ref.set_keep(keep);
        self.write(MESSAGE, message.as_bytes());
        [parcel.stream, MESSAGE, 0, 0, 0]
    }

    /// The arguments that wait for the end of the RDC, and for messages at some ports.
    pub fn wait(&mut self, ports: impl Iterator<Item = RefId>) -> [u32; 5] {
        let event = |reference: RefId, event: EventType| EvDesc {
            ed_reference: reference.get().into(),
            ed_evtype: (event as u32).into(),
            ..EvDesc::new_zeroed()
        };
        let ports = ports.map(|port| event(port, EventType::PortHasMessage));
        let end = event(self.launched.myself, EventType::Dead);
        let events: Vec<EvDesc> = [end].into_iter().chain(ports).collect();
        self.write(EVENTS, events.as_bytes());
        [events.len() as u32, EVENTS, u32::MAX, 0, 0]
    }

    /// What a wait that returned `result` was ended by.
    pub fn events(&mut self, result: i32) -> Events {
        let mut events = Events::default();
        for at in 0..u32::try_from(result).unwrap_or_default() {
            let event: EvDesc = self.read(EVENTS + at * size_of::<EvDesc>() as u32);
            match EventType::from_value(event.ed_evtype.get() as i32) {
                Some(EventType::Dead) => events.end = Some(event.ed_info2.get() as i32),
                Some(EventType::PortHasMessage) => {
                    events.ports.extend(RefId::from_raw(event.ed_reference.get()));
                }
                _ => {}
            }
        }
        events
    }

    /// The arguments that receive a request, if there is one, and keep its invoker waiting.
    pub fn receive(&mut self) -> [u32; 5] {
        let mut message = Msg::new_zeroed();
        message.m_base = BUFFER.into();
        message.m_cnt = TRANSFER_MAX.into();
        self.write(MESSAGE, message.as_bytes());
        [self.launched.port.get(), MESSAGE, 1, 0, 0]
    }

    /// The request that a reception which returned `result` has brought, if it has.
    pub fn received(&mut self, result: i32) -> Option<Received> {
        let number = u32::try_from(result).ok().filter(|number| *number != 0)?;
        let message: Msg = self.read(MESSAGE);
        let mut data = vec![0; message.m_cnt.get().min(TRANSFER_MAX) as usize];
        self.read_bytes(BUFFER, &mut data);
        let has_reference = message.m_ref.rd_type != RefType::None as u8;
        Some(Received {
            number: if number == 1 { 0 } else { number },
            head: message.m_head,
            data,
            reference: has_reference.then(|| message.m_ref.rd_obj.id.get()),
        })
    }

    /// The arguments that reply to the request `number`.
    pub fn reply(&mut self, number: u32, head: &[u8; HEADER_BYTES], data: &[u8]) -> [u32; 5] {
        let data = &data[..data.len().min(TRANSFER_MAX as usize)];
        let mut message = Msg::new_zeroed();
        message.m_head = *head;
        message.m_base = BUFFER.into();
        message.m_cnt = (data.len() as u32).into();
        self.write(MESSAGE, message.as_bytes());
        self.write(BUFFER, data);
        [number, MESSAGE, 0, 0, 0]
    }
}
