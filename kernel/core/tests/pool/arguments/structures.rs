//! Wrong contents of the structures that arguments point to.

use abi::calls::Call;
use abi::constants::{EventType, RefType, buffer_rights};
use abi::error::CallError;
use abi::space::PARAMETERS_MAX;
use abi::structs::{EvDesc, IncCreateParams, IncInterface, Msg, RefDescrip, SelectMessages};
use zerocopy::big_endian::U32;
use zerocopy::{FromZeros, Immutable, IntoBytes};

use super::table::{Actor, LIST, MESSAGE, plain_message};
use crate::support::Scene;
use crate::support::scene::TEXT_ADDRESS;
use crate::support::user::{BUFFER, copy_of};

/// Something wrong in a structure `T`, and what is said of it.
type Fault<T> = (&'static str, T, CallError);

/// A call one of whose structures is wrong.
#[derive(Clone)]
pub struct Case {
    pub call: Call,
    args: [u32; 5],
    /// Where the structure goes, and its bytes.
    at: u32,
    bytes: Vec<u8>,
    what: &'static str,
    pub error: CallError,
}

/// The call with each of these faults in the structure at `at`.
fn cases_of<T: IntoBytes + Immutable>(
    call: Call,
    args: [u32; 5],
    at: u32,
    faults: &[Fault<T>],
) -> Vec<Case> {
    let case = |(what, structure, error): &Fault<T>| {
        let bytes = structure.as_bytes().to_vec();
        Case { call, args, at, bytes, what, error: *error }
    };
    faults.iter().map(case).collect()
}

/// Calls that take a message to somebody else, and their arguments.
fn senders(scene: &Scene) -> [(Call, [u32; 5]); 5] {
    let stream = [scene.stream, MESSAGE, 0, 0, 0];
    [
        (Call::Invoke, stream),
        (Call::AsInvoke, stream),
        (Call::Send, stream),
        (Call::Dgram, stream),
        (Call::Reply, [scene.reply, MESSAGE, 0, 0, 0]),
    ]
}

/// What is said of so many bytes where there is no memory.
fn said(base: u32, count: u32) -> CallError {
    match base.checked_add(count) {
        None => CallError::BadLength,
        Some(_) => CallError::BadAddress,
    }
}

/// A message with so many bytes of data at `base`.
fn with_data(base: u32, count: u32) -> Msg {
    Msg { m_cnt: count.into(), m_base: base.into(), ..plain_message() }
}

/// A message that carries a reference.
fn carrying(reference: RefDescrip) -> Msg {
    Msg { m_ref: reference, ..plain_message() }
}

/// A description of a buffer.
fn lending(base: u32, count: u32, rights: u32) -> Msg {
    let mut descriptor = copy_of(RefType::Buffer, base, rights);
    descriptor.rd_obj.count = count.into();
    carrying(descriptor)
}

/// What can be wrong in a message whoever sends it.
fn message_faults(scene: &Scene) -> Vec<Fault<Msg>> {
    let mut faults = vec![
        ("data wraps", with_data(BUFFER, u32::MAX), CallError::BadLength),
        ("data ends behind memory", with_data(BUFFER, 0x7000_0000), CallError::BadAddress),
        ("a buffer wraps", lending(BUFFER, u32::MAX, 1), CallError::BadLength),
        (
            "a buffer to write in text",
            lending(TEXT_ADDRESS, 4, buffer_rights::WRITE),
            CallError::BadAddress,
        ),
        (
            "a reply handle",
            carrying(copy_of(RefType::ReplyHandle, scene.reply, 0)),
            CallError::NoPropagation,
        ),
        (
            "a stream that may not go further",
            carrying(copy_of(RefType::Stream, scene.confined, 0)),
            CallError::NoPropagation,
        ),
    ];
    for address in scene.bad_addresses() {
        faults.push(("data at a bad address", with_data(address, 1), said(address, 1)));
        let buffer = lending(address, 1, buffer_rights::READ);
        faults.push(("a buffer at a bad address", buffer, said(address, 1)));
    }
    let mut no_type = carrying(copy_of(RefType::Stream, scene.stream, 0));
    no_type.m_ref.rd_type = 99;
    faults.push(("no type of references", no_type, CallError::BadArgument));
    let mut no_domain = carrying(copy_of(RefType::Stream, scene.stream, 0));
    no_domain.m_ref.rd_bits = (7 << 28).into();
    faults.push(("no domain", no_domain, CallError::BadArgument));
    for id in scene.unknown_ids() {
        let unknown = carrying(copy_of(RefType::Stream, id, 0));
        faults.push(("an unknown reference", unknown, CallError::NoSuchReference));
    }
    for (ref_type, id) in scene.by_type() {
        let claimed = if ref_type == RefType::Stream { RefType::Port } else { RefType::Stream };
        let other = carrying(copy_of(claimed, id, 0));
        faults.push(("a reference of another type", other, CallError::WrongReferenceType));
    }
    faults
}

/// What can be wrong in a message that is sent.
fn messages(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let faults = message_faults(scene);
    for (call, args) in senders(scene) {
        cases.extend(cases_of(call, args, MESSAGE, &faults));
    }
    cases
}

/// Data that exceeds a packet, where it is copied.
fn long_messages(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    for call in [Call::Send, Call::Dgram] {
        let faults =
            [1537, 0x8000].map(|count| ("long", with_data(BUFFER, count), CallError::TooLong));
        cases.extend(cases_of(call, [scene.stream, MESSAGE, 0, 0, 0], MESSAGE, &faults));
    }
    cases
}

/// What can be wrong with the room for data that comes.
fn rooms(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let reply = |base: u32, count: u32| Msg {
        m_nreply: count.into(),
        m_base: base.into(),
        ..Msg::new_zeroed()
    };
    let rooms: [fn(u32, u32) -> Msg; 2] = [reply, with_data];
    let port = [scene.caller.port, MESSAGE, 1, 0, u32::MAX];
    let calls = [(Call::Invoke, [scene.stream, MESSAGE, 0, 0, 0]), (Call::Receive, port)];
    for ((call, args), room) in calls.into_iter().zip(rooms) {
        let mut faults = vec![
            ("room wraps", room(BUFFER, u32::MAX), CallError::BadLength),
            ("room ends behind memory", room(BUFFER, 0x7000_0000), CallError::BadAddress),
            ("room in text", room(TEXT_ADDRESS, 1), CallError::BadAddress),
        ];
        for address in scene.bad_addresses() {
            faults.push(("room at a bad address", room(address, 1), said(address, 1)));
        }
        cases.extend(cases_of(call, args, MESSAGE, &faults));
    }
    cases
}

/// What can be wrong with the parameters of a child.
fn parameters(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let params = |change: fn(&mut IncCreateParams, u32), value: u32| {
        let mut params = IncCreateParams::new_zeroed();
        params.ic_state = 1.into();
        change(&mut params, value);
        params
    };
    let size = |params: &mut IncCreateParams, value: u32| {
        params.ic_params.ip_dataargs = BUFFER.into();
        params.ic_params.ip_datasize = (value as i32).into();
    };
    let data = |params: &mut IncCreateParams, value: u32| {
        params.ic_params.ip_dataargs = value.into();
        params.ic_params.ip_datasize = 4.into();
    };
    let ifaces = |params: &mut IncCreateParams, value: u32| {
        params.ic_params.ip_ifaces = value.into();
        params.ic_params.ip_nifaces = 1;
    };
    let state = |params: &mut IncCreateParams, value: u32| params.ic_state = value.into();
    let mut faults = vec![
        ("no initial state", params(state, 2), CallError::BadArgument),
        ("no initial state", params(state, u32::MAX), CallError::BadArgument),
        ("a negative size", params(size, u32::MAX), CallError::BadLength),
        ("too many arguments", params(size, PARAMETERS_MAX + 1), CallError::BadLength),
        ("a size that wraps", params(size, i32::MAX as u32), CallError::BadLength),
    ];
    for address in scene.bad_addresses() {
        faults.push(("arguments at a bad address", params(data, address), said(address, 4)));
        let interface = size_of::<IncInterface>() as u32;
        faults.push(("interfaces there", params(ifaces, address), said(address, interface)));
    }
    cases.extend(cases_of(Call::Create, [0, 2, BUFFER, BUFFER + 4, LIST], LIST, &faults));
    cases
}

/// Names that are too long.
fn names(_: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let faults = [
        ("20 bytes", *b"a name of twenty byt\0", CallError::LabelTooLong),
        ("no end", *b"a name without an end", CallError::LabelTooLong),
    ];
    cases.extend(cases_of(Call::ModuleId, [LIST, 0, 0, 0, 0], LIST, &faults));
    cases
}

/// What can be wrong in the description of an event.
fn events(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let event = |reference: u32, event: u32| EvDesc {
        ed_reference: reference.into(),
        ed_evtype: event.into(),
        ..EvDesc::new_zeroed()
    };
    let port = scene.caller.port;
    let mut faults = vec![
        ("no event", event(port, 0), CallError::BadArgument),
        ("no event", event(port, 99), CallError::BadArgument),
        ("no event", event(port, u32::MAX), CallError::BadArgument),
    ];
    let events = [
        (EventType::PortHasMessage, RefType::Port),
        (EventType::StreamInvokable, RefType::Stream),
        (EventType::StreamClosed, RefType::StreamHandle),
        (EventType::Faulting, RefType::Incarnation),
        (EventType::Dead, RefType::Incarnation),
        (EventType::Made, RefType::Incarnation),
    ];
    for (event_type, at) in events {
        let number = event_type as u32;
        for id in [&scene.unknown_ids()[..], &[0, 0xffff]].concat() {
            faults.push(("no reference", event(id, number), CallError::NoSuchReference));
        }
        for (_, id) in scene.by_type().iter().filter(|held| held.0 != at) {
            faults.push(("another type", event(*id, number), CallError::WrongReferenceType));
        }
        if at == RefType::Incarnation {
            faults.push(("no right", event(scene.powerless, number), CallError::NoRight));
        }
    }
    cases.extend(cases_of(Call::EventWait, [1, LIST, u32::MAX, 0, 0], LIST, &faults));
    // The whole list is looked at before anything is done.
    let good = event(port, EventType::PortHasMessage as u32);
    let lists: Vec<Fault<[EvDesc; 2]>> =
        faults.iter().map(|(what, bad, error)| (*what, [good, *bad], *error)).collect();
    cases.extend(cases_of(Call::EventWait, [2, LIST, u32::MAX, 0, 0], LIST, &lists));
    cases
}

/// What can be wrong in a selection of messages.
fn selections(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let entry = |id: u32| SelectMessages { sm_smhan: (id as i32).into(), sm_nmsgs: 0.into() };
    let mut faults = Vec::new();
    for id in [&scene.unknown_ids()[..], &[0, 0xffff]].concat() {
        faults.push(("no reference", entry(id), CallError::NoSuchReference));
    }
    for (_, id) in scene.by_type().iter().filter(|held| held.0 != RefType::StreamHandle) {
        faults.push(("another type", entry(*id), CallError::WrongReferenceType));
    }
    let args = [scene.caller.port, 32, BUFFER, 1, LIST];
    cases.extend(cases_of(Call::TestPort, args, LIST, &faults));
    cases
}

/// What can be wrong in a list of ports.
fn ports(scene: &Scene) -> Vec<Case> {
    let mut cases = Vec::new();
    let port = scene.caller.port;
    let list = |ports: [u32; 2]| ports.map(U32::new);
    let mut faults = vec![("a port twice", list([port; 2]), CallError::BadArgument)];
    for id in [&scene.unknown_ids()[..], &[0, 0xffff]].concat() {
        faults.push(("no reference", list([port, id]), CallError::NoSuchReference));
    }
    for (_, id) in scene.by_type().iter().filter(|held| held.0 != RefType::Port) {
        faults.push(("another type", list([port, *id]), CallError::WrongReferenceType));
    }
    let args = [2, BUFFER, 2, LIST, LIST + 8];
    cases.extend(cases_of(Call::Fork, args, LIST, &faults));
    cases
}

/// All calls whose structures are wrong.
pub fn all(scene: &Scene) -> Vec<Case> {
    let groups = [messages, long_messages, rooms, parameters, ports, names, events, selections];
    groups.iter().flat_map(|group| group(scene)).collect()
}

#[test]
fn a_wrong_structure_is_refused() {
    let mut scene = Scene::new();
    for Case { call, args, at, bytes, what, error } in all(&scene) {
        scene.caller.write(&mut scene.pool, at, &bytes);
        scene.refused(Actor::Caller, call, args, error, what);
    }
}
