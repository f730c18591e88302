//! Grants: what is pulled holds only if the pages were kept during the whole copy.

use abi::grant::Ticket;
use abi::ids::{Epoch, NodeId};
use abi::slice::{GRANTS, SliceLayout};
use bus::backplane::{Backplane, Board};
use bus::grants::{Grant, Grants, PullError, pull};

const OWNER: NodeId = NodeId(1);
const READER: NodeId = NodeId(2);

fn epoch(number: u16) -> Epoch {
    Epoch::new(number).unwrap()
}

/// The boards of the owner and of the reader.
fn boards() -> (Board, Board) {
    let backplane = Backplane::new(SliceLayout::new(3, 1 << 20).unwrap());
    (backplane.plug(OWNER).unwrap(), backplane.plug(READER).unwrap())
}

fn ticket(grant: Grant) -> Ticket {
    Ticket {
        owner: OWNER.0,
        reserved: 0,
        grant: grant.number.into(),
        generation: grant.generation.into(),
        first_byte: 0.into(),
        pages: 1.into(),
        length: 4096.into(),
    }
}

#[test]
fn an_open_grant_is_pulled_until_it_is_closed() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let grant = grants.issue(&owner, READER, epoch(9)).unwrap();
    let mut copies = 0;
    assert_eq!(pull(&reader, &ticket(grant), || copies += 1), Ok(()));
    grants.close(&owner, grant);
    grants.close(&owner, grant);
    let closed = pull(&reader, &ticket(grant), || copies += 1);
    assert_eq!((closed, copies), (Err(PullError::Closed), 1));
}

#[test]
fn a_copy_is_discarded_if_the_grant_was_closed_meanwhile() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let grant = grants.issue(&owner, READER, epoch(9)).unwrap();
    let outcome = pull(&reader, &ticket(grant), || grants.close(&owner, grant));
    assert_eq!(outcome, Err(PullError::Closed));
}

#[test]
fn a_copy_is_discarded_if_the_owner_was_started_anew() {
    let (owner, reader) = boards();
    let grant = Grants::start(&owner, epoch(1)).issue(&owner, READER, epoch(9)).unwrap();
    let restart = || {
        let mut grants: Grants<Board> = Grants::start(&owner, epoch(2));
        grants.issue(&owner, READER, epoch(9)).unwrap();
    };
    assert_eq!(pull(&reader, &ticket(grant), restart), Err(PullError::Closed));
}

#[test]
fn a_number_in_use_again_is_another_grant() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let first = grants.issue(&owner, READER, epoch(9)).unwrap();
    grants.close(&owner, first);
    let again = (0..GRANTS).map(|_| grants.issue(&owner, READER, epoch(9)).unwrap());
    let again = again.last().unwrap();
    assert_eq!(again.number, first.number, "the number free longest comes first");
    assert_eq!(pull(&reader, &ticket(first), || ()), Err(PullError::Closed));
    assert_eq!(pull(&reader, &ticket(again), || ()), Ok(()));
    assert_eq!(grants.issue(&owner, READER, epoch(9)), None, "all grants are open");
    grants.close(&owner, first);
    assert_eq!(pull(&reader, &ticket(again), || ()), Ok(()), "an old grant closes nothing");
}

#[test]
fn grants_of_a_gone_reader_are_found() {
    let (owner, _) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let gone = [1, 2].map(|_| grants.issue(&owner, READER, epoch(9)).unwrap());
    let stays = grants.issue(&owner, READER, epoch(10)).unwrap();
    let mut found = Vec::new();
    while let Some(grant) = grants.orphan(READER, epoch(9)) {
        found.push(grant);
        grants.close(&owner, grant);
    }
    assert_eq!(found, gone);
    assert_eq!(grants.orphan(READER, epoch(10)), Some(stays));
}

#[test]
fn forged_tickets_are_refused() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let grant = grants.issue(&owner, READER, epoch(9)).unwrap();
    let mut forged = ticket(grant);
    forged.owner = 3;
    assert_eq!(pull(&reader, &forged, || ()), Err(PullError::NoSuchGrant));
    forged = ticket(grant);
    forged.grant = (GRANTS as u16).into();
    assert_eq!(pull(&reader, &forged, || ()), Err(PullError::NoSuchGrant));
    let closed = Grant { number: 7, generation: 1 << 16 };
    assert_eq!(pull(&reader, &ticket(closed), || ()), Err(PullError::Closed));
}
