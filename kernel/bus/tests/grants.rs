//! Grants: what is pulled holds only if the pages were kept during the whole copy.

use abi::ids::{Epoch, NodeId};
use abi::slice::{GRANTS, SliceLayout};
use bus::backplane::{Backplane, Board};
use bus::grants::{Close, Grant, Grants, NotOpen, pull};

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

/// Whether a pull that copies nothing succeeds.
fn is_open(reader: &Board, grant: Grant) -> bool {
    pull(reader, OWNER, grant, || ()).is_ok()
}

#[test]
fn an_open_grant_is_pulled_until_it_is_closed() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let grant = grants.open(&owner).unwrap();
    assert_eq!(pull(&reader, OWNER, grant, || 7), Ok(7));
    assert_eq!(grants.close(&owner, grant), Close::Closed);
    assert_eq!(grants.close(&owner, grant), Close::WasClosed);
    let closed = pull(&reader, OWNER, grant, || panic!("nothing is there to be copied"));
    assert_eq!(closed, Err::<(), _>(NotOpen));
}

#[test]
fn a_copy_is_discarded_if_the_grant_was_closed_meanwhile() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let grant = grants.open(&owner).unwrap();
    assert_eq!(pull(&reader, OWNER, grant, || grants.close(&owner, grant)), Err(NotOpen));
}

#[test]
fn a_copy_is_discarded_if_the_owner_was_started_anew() {
    let (owner, reader) = boards();
    let grant = Grants::start(&owner, epoch(1)).open(&owner).unwrap();
    let restart = || {
        let mut grants: Grants<Board> = Grants::start(&owner, epoch(2));
        grants.open(&owner).unwrap();
    };
    assert_eq!(pull(&reader, OWNER, grant, restart), Err(NotOpen));
}

#[test]
fn a_number_in_use_again_is_another_grant() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let first = grants.open(&owner).unwrap();
    grants.close(&owner, first);
    let again = (0..GRANTS).map(|_| grants.open(&owner).unwrap()).last().unwrap();
    assert_eq!(again.number, first.number, "the number free longest comes first");
    assert!(is_open(&reader, again) && !is_open(&reader, first));
    assert_eq!(grants.open(&owner), None, "all grants are open");
    assert_eq!(grants.close(&owner, first), Close::WasClosed);
    assert!(is_open(&reader, again), "an old grant closes nothing");
}

#[test]
fn forged_grants_are_refused() {
    let (owner, reader) = boards();
    let mut grants: Grants<Board> = Grants::start(&owner, epoch(1));
    let grant = grants.open(&owner).unwrap();
    let forged = [
        Grant { number: grant.number + 1, ..grant },
        Grant { generation: grant.generation + 1, ..grant },
        Grant { number: grant.number + 1, generation: 1 << 16 },
        Grant { number: grant.number + 1, generation: 0 },
    ];
    for forged in forged {
        assert!(!is_open(&reader, forged), "{forged:?}");
    }
    assert_eq!((grant.epoch(), forged[3].epoch()), (Some(epoch(1)), None));
}
