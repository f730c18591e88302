//! The references of a child: those of its parent under the same identifiers, and ports of its
//! own.

use abi::calls::Call;
use abi::constants::{Domain, EventType, RefType, port_flags};
use abi::error::CallError;
use abi::structs::RefDescrip;
use kernel::Config;

use super::{Forked, fork, near_and_far};
use crate::messages::{Cast, cast, client_and_server};
use crate::moving::{expect, group, send};
use crate::support::scene::hand_over;
use crate::support::user::{BUFFER, copy_of};
use crate::support::{Inc, Pool, Scene};

/// What an identifier is to an incarnation: 0 if nothing.
fn what(pool: &mut Pool, inc: &Inc, id: u32) -> i32 {
    inc.quick(pool, Call::TestReference, [id, 0, 0, 0, 0])
}

#[test]
fn references_keep_their_identifiers_unless_they_may_not_be_propagated() {
    for node in [0, 1, 2] {
        let scene = Scene::new();
        let unknown = scene.unknown_ids();
        let Scene { mut pool, mut caller, stream, confined, reply, .. } = scene;
        let child = fork(&mut pool, &mut caller, node, &[]).expect("forked").child;
        let streams = [stream, scene.unattached, caller.launch];
        let handles = [scene.child, scene.powerless, scene.stream_handle, scene.port_handle];
        let others = [scene.buffer, scene.sealed, caller.myself, caller.port, caller.auxiliary];
        for id in [&streams[..], &handles, &others].concat() {
            assert_ne!(what(&mut pool, &child, id), 0, "{id:#x} on node {node}");
            assert_eq!(what(&mut pool, &child, id), what(&mut pool, &caller, id), "{id:#x}");
        }
        for id in [confined, reply] {
            assert_ne!(what(&mut pool, &caller, id), 0);
            assert_eq!(what(&mut pool, &child, id), 0, "{id:#x} is not inherited");
        }
        for id in &unknown {
            assert_eq!(what(&mut pool, &child, *id), 0, "{id:#x} is nobody's");
        }
        // New references have names that neither has used for anything.
        for _ in 0..40 {
            let new = child.quick(&mut pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32;
            assert!(![scene.stale[0], scene.stale[1], confined, reply].contains(&new), "{new:#x}");
        }
        assert_eq!(caller.reply(&mut pool, reply, b"", &[]), 0, "the parent's handle is good");
    }
}

#[test]
fn they_mean_what_they_mean_to_the_parent() {
    for node in [0, 1, 2] {
        let scene = Scene::new();
        let Scene { mut pool, mut caller, mut peer, stream, stream_handle, reply, .. } = scene;
        let (pool, buffer, handle) = (&mut pool, scene.buffer, scene.child);
        let mut child = fork(pool, &mut caller, node, &[]).expect("forked").child;
        assert_eq!(caller.reply(pool, reply, b"", &[]), 0);
        peer.write(pool, BUFFER, b"buffered");
        assert_eq!(child.call(pool, Call::CopyFrom, [buffer, 0, BUFFER, 8, 0]), 0);
        assert_eq!(child.read(pool, BUFFER, 8), b"buffered");
        assert_eq!(child.call(pool, Call::Freeze, [handle, 0, 0, 0, 0]), 0);
        assert_eq!(caller.call(pool, Call::Unfreeze, [handle, 5, 0, 0, 0]), 0);
        // Handles to streams are about those of the parent.
        assert_eq!(child.call(pool, Call::FreezeStream, [stream_handle, 0, 0, 0, 0]), 0);
        assert_eq!(child.send(pool, stream, b"child", &[]), 0);
        let message = caller.message(pool, 0, b"late", &[]);
        caller.start(pool, Call::Send, [stream, message, 0, 0, 0]);
        pool.pass_ms(100);
        assert_eq!(caller.result(pool), None, "its stream is frozen");
        assert_eq!(child.call(pool, Call::UnfreezeStream, [stream_handle, 0, 0, 0, 0]), 0);
        assert_eq!(caller.finish(pool), 0);
        let port = peer.port;
        for head in [&b"child"[..], b"late"] {
            assert_eq!(&peer.receive(pool, port, false).head[..head.len()], head);
        }
    }
}

#[test]
fn what_is_its_own_denotes_the_child() {
    near_and_far(|pool, Cast { mut launch, mut client, to_client, .. }, node| {
        let Forked { mut child, handle, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        // What comes to the parent's standard port does not come to the child's.
        assert_eq!(launch.send(pool, to_client, b"x", &[]), 0);
        let port = child.port;
        assert!(child.poll(pool, port).is_none());
        assert!(client.poll(pool, port).is_some());
        let stream = client.call(pool, Call::AuxStream, [handle, 0, 0, 0, 0]) as u32;
        assert_eq!(client.send(pool, stream, b"aux", &[]), 0);
        let port = child.auxiliary;
        assert_eq!(&child.receive(pool, port, false).head[..3], b"aux");
        assert!(client.poll(pool, port).is_none());
        child.start(pool, Call::Destroy, [child.myself, 0, 0, 0, 0]);
        pool.settle();
        client.start_events(pool, &[(handle, EventType::Dead as u32)], -1);
        assert_eq!(client.occurred(pool).len(), 1, "the child has destroyed itself");
    });
}

#[test]
fn ports_are_unattached_and_empty_unless_they_are_listed() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }, node| {
        let pairs: Vec<(u32, u32)> = (0..6).map(|_| client.channel(pool)).collect();
        for (stream, _) in &pairs {
            assert_eq!(client.send(pool, *stream, b"before", &[]), 0);
        }
        // All but the first, in another order, and the standard port.
        let list: Vec<_> = pairs[1..].iter().rev().map(|pair| pair.1).collect();
        let list: Vec<_> = [list, vec![client.port]].concat().iter().map(|id| (*id, 0)).collect();
        let Forked { mut child, streams, .. } =
            fork(pool, &mut client, node, &list).expect("forked");
        for ((port, _), stream) in list.iter().zip(&streams) {
            assert!(child.poll(pool, *port).is_none(), "messages are not inherited");
            assert_eq!(client.send(pool, *stream, b"to the child", &[]), 0);
            let got = child.receive(pool, *port, false);
            assert_eq!(&got.head[..12], b"to the child");
        }
        for (stream, port) in &pairs {
            // The streams that both have lead to the parent.
            assert_eq!(child.send(pool, *stream, b"to the parent", &[]), 0);
            assert_eq!(&client.receive(pool, *port, false).head[..6], b"before");
            assert_eq!(&client.receive(pool, *port, false).head[..13], b"to the parent");
            assert!(child.poll(pool, *port).is_none());
        }
        // The one that was not listed can be attached.
        let own = child.call(pool, Call::AttachPort, [pairs[0].1, 0, pairs[0].0, 0, 0]);
        assert_eq!(own, 0);
        assert_eq!(client.send(pool, pairs[0].0, b"attached", &[]), 0);
        assert_eq!(&child.receive(pool, pairs[0].1, false).head[..8], b"attached");
        // A stream to the child can be given to others.
        let given = copy_of(RefType::Stream, streams[0], 0);
        let given = hand_over(pool, &mut client, stream, &mut server, given);
        assert_eq!(server.send(pool, given, b"from elsewhere", &[]), 0);
        assert_eq!(&child.receive(pool, list[0].0, false).head[..4], b"from");
    });
}

#[test]
fn a_listed_port_joins_the_group_of_its_stream() {
    near_and_far(|pool, Cast { mut client, .. }, node| {
        let (first, member) = group(pool, &mut client);
        let (second, other) = group(pool, &mut client);
        assert_eq!(client.call(pool, Call::AttachPort, [member, 0, second, 0, 0]), 0);
        let Forked { mut child, streams, .. } =
            fork(pool, &mut client, node, &[(member, first)]).expect("forked");
        assert_eq!(streams, [first], "the parent has its stream");
        send(pool, &mut client, first, 1..4);
        expect(pool, &mut child, member, 1..4);
        expect(pool, &mut client, member, 1..4);
        send(pool, &mut child, second, 4..6);
        expect(pool, &mut client, member, 4..6);
        expect(pool, &mut client, other, 4..6);
        assert!(child.poll(pool, member).is_none(), "it has joined one group");
        assert!(child.poll(pool, other).is_none(), "nor is that attached");
    });
}

#[test]
fn a_port_is_listed_with_a_stream_of_a_group_that_it_belongs_to() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    let (_, member) = group(&mut pool, &mut client);
    let (foreign, _) = group(&mut pool, &mut client);
    for (stream, error) in [
        (foreign, CallError::BadArgument),
        (stream, CallError::BadArgument),
        (member, CallError::WrongReferenceType),
        (0, CallError::NoSuchReference),
    ] {
        let refused = fork(&mut pool, &mut client, 0, &[(member, stream)]);
        assert_eq!(refused.err(), Some(error));
    }
}

#[test]
fn many_references_are_inherited_with_the_gaps_between_them() {
    for node in [2, 0] {
        let mut pool = Pool::with_config(3, Config { references: 128, ..Config::default() });
        let Cast { mut client, stream, .. } = cast(&mut pool, 2);
        let make = |pool: &mut Pool, inc: &Inc| {
            inc.quick(pool, Call::HanCreate, [stream, 0, 0, 0, 0]) as u32
        };
        let all: Vec<u32> = (0..100).map(|_| make(&mut pool, &client)).collect();
        for id in all.iter().step_by(3) {
            assert_eq!(client.quick(&mut pool, Call::Close, [*id, 0, 0, 0, 0]), 0);
        }
        let Forked { child, .. } = fork(&mut pool, &mut client, node, &[]).expect("forked");
        for id in &all {
            assert_eq!(what(&mut pool, &child, *id), what(&mut pool, &client, *id), "{id:#x}");
        }
        while let Ok(new) = u32::try_from(make(&mut pool, &child) as i32) {
            assert!(!all.contains(&new), "no identifier comes back");
        }
        pool.node(node).integrity().expect("the tables agree");
    }
}

#[test]
fn a_port_that_was_given_away_is_not_inherited() {
    let (mut pool, Cast { mut client, stream, .. }) = client_and_server(2);
    let (_, port) = client.channel(&mut pool);
    let mut gift = RefDescrip::new(RefType::Port, port, Domain::Any, port_flags::MOVE_QUEUE);
    gift.set_keep(abi::structs::Keep::Destroy);
    assert_eq!(client.give(&mut pool, stream, gift), 0);
    let Forked { child, .. } = fork(&mut pool, &mut client, 0, &[]).expect("forked");
    assert_eq!(what(&mut pool, &child, port), 0);
    let refused = fork(&mut pool, &mut client, 0, &[(port, 0)]);
    assert_eq!(refused.err(), Some(CallError::NoSuchReference));
}

#[test]
fn a_buffer_limit_is_inherited() {
    near_and_far(|pool, Cast { mut client, mut server, stream, .. }, node| {
        assert_eq!(client.quick(pool, Call::SetBufferLimit, [stream, 1, 0, 0, 0]), 0);
        let Forked { mut child, .. } = fork(pool, &mut client, node, &[]).expect("forked");
        let message = child.message(pool, 0, b"x", &[7; 9000]);
        assert_eq!(child.call(pool, Call::AsInvoke, [stream, message, 0, 0, 0]), 0);
        child.start(pool, Call::AsInvoke, [stream, message, 0, 0, 0]);
        pool.pass_ms(100);
        assert_eq!(child.result(pool), None, "one is incomplete");
        let port = server.port;
        server.receive(pool, port, false);
        server.receive(pool, port, false);
        assert_eq!(child.finish(pool), 0);
    });
}
