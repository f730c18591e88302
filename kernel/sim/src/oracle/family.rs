//! Who depends on whom (dissertation, §7.3): nobody outlives the parents that it depends on, and
//! nobody ends for the sake of others.

use abi::constants::Dependency;

use super::population::IncUid;

/// What is known of how a child depends on a parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// a call said so, and succeeded
    Surely(Dependency),
    /// a call said so, and nobody knows whether it was heard
    Perhaps,
}

#[derive(Debug)]
struct Bond {
    child: IncUid,
    parent: IncUid,
    known: Known,
}

/// All dependencies of a run.
#[derive(Debug, Default)]
pub struct Family {
    bonds: Vec<Bond>,
}

impl Family {
    /// Notes that `parent` is about to make `child` depend on it, or no longer.
    pub fn binding(&mut self, parent: IncUid, child: IncUid) {
        self.bond(parent, child).known = Known::Perhaps;
    }

    /// Notes that it has succeeded.
    pub fn bound(&mut self, parent: IncUid, child: IncUid, on: Dependency) {
        self.bond(parent, child).known = Known::Surely(on);
    }

    /// Whether `child` may end since a parent, or all of its group, may be lost, as `is_lost`
    /// says.
    pub fn may_end(&self, child: IncUid, is_lost: impl Fn(IncUid) -> bool) -> bool {
        let (mut of_group, mut there) = (0, 0);
        for bond in self.bonds_of(child) {
            let lost = is_lost(bond.parent);
            match bond.known {
                Known::Surely(Dependency::Group) => {
                    of_group += 1;
                    there += u32::from(!lost);
                }
                Known::Surely(Dependency::Absolute) | Known::Perhaps if lost => return true,
                _ => {}
            }
        }
        of_group > 0 && there == 0
    }

    /// The parent whom `child` has outlived although it depends on it, or on its group.
    pub fn outlived(&self, child: IncUid, lives: impl Fn(IncUid) -> bool) -> Option<IncUid> {
        let lost = |bond: &&Bond| !lives(bond.parent);
        let on = |on| move |bond: &&Bond| bond.known == Known::Surely(on);
        if let Some(bond) = self.bonds_of(child).filter(on(Dependency::Absolute)).find(lost) {
            return Some(bond.parent);
        }
        let may_be_of_group =
            |bond: &&Bond| on(Dependency::Group)(bond) || bond.known == Known::Perhaps;
        let group = self.bonds_of(child).filter(may_be_of_group);
        if group.clone().any(|bond| lives(bond.parent)) {
            return None;
        }
        group.filter(on(Dependency::Group)).map(|bond| bond.parent).next()
    }

    fn bonds_of(&self, child: IncUid) -> impl Iterator<Item = &Bond> + Clone {
        self.bonds.iter().filter(move |bond| bond.child == child)
    }

    fn bond(&mut self, parent: IncUid, child: IncUid) -> &mut Bond {
        let is_it = |bond: &Bond| bond.parent == parent && bond.child == child;
        if let Some(at) = self.bonds.iter().position(is_it) {
            return &mut self.bonds[at];
        }
        self.bonds.push(Bond { child, parent, known: Known::Perhaps });
        self.bonds.last_mut().expect("it was just pushed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHILD: IncUid = IncUid(1);
    const FIRST: IncUid = IncUid(2);
    const SECOND: IncUid = IncUid(3);

    #[test]
    fn an_orphan_is_noticed() {
        let mut family = Family::default();
        family.binding(FIRST, CHILD);
        assert_eq!(family.outlived(CHILD, |_| false), None, "perhaps nobody has heard of it");
        assert!(family.may_end(CHILD, |parent| parent == FIRST));
        family.bound(FIRST, CHILD, Dependency::Absolute);
        assert_eq!(family.outlived(CHILD, |_| false), Some(FIRST));
        assert_eq!(family.outlived(CHILD, |parent| parent == FIRST), None);
        family.bound(FIRST, CHILD, Dependency::None);
        assert_eq!(family.outlived(CHILD, |_| false), None);
        assert!(!family.may_end(CHILD, |_| true), "nobody has to end with it");
    }

    #[test]
    fn a_group_is_outlived_when_nobody_of_it_is_left() {
        let mut family = Family::default();
        family.bound(FIRST, CHILD, Dependency::Group);
        family.bound(SECOND, CHILD, Dependency::Group);
        assert_eq!(family.outlived(CHILD, |parent| parent == SECOND), None);
        assert_eq!(family.outlived(CHILD, |_| false), Some(FIRST));
        assert!(!family.may_end(CHILD, |parent| parent == FIRST), "the second one is left");
        assert!(family.may_end(CHILD, |_| true));
        family.binding(SECOND, CHILD);
        assert_eq!(family.outlived(CHILD, |parent| parent == SECOND), None);
    }
}
