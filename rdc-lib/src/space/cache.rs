//! What this incarnation has fetched from stream space and keeps (§5.5.3): references of which
//! there is any number of copies are fetched once.

use alloc::vec::Vec;

use abi::structs::Label;

use crate::reference::Received;

/// References that are kept at most, a power of two; others are fetched each time.
const KEPT_MAX: usize = 256;
/// Places of the table, a power of two: it is never full, so that every search ends.
const PLACES: usize = 2 * KEPT_MAX;

/// A label as it is compared.
type Key = [u32; 5];

/// The cache of an incarnation.
pub(super) struct Cache {
    /// Open addressing. It has no places until something is kept.
    places: Vec<Option<(Key, Received)>>,
    kept: usize,
}

impl Cache {
    pub const fn new() -> Cache {
        Cache { places: Vec::new(), kept: 0 }
    }

    /// What is kept under a label.
    #[inline]
    pub fn get(&self, label: &Label) -> Option<&Received> {
        if self.places.is_empty() {
            return None;
        }
        let key = zerocopy::transmute!(*label);
        match &self.places[self.place_of(&key)] {
            Some((_, reference)) => Some(reference),
            None => None,
        }
    }

    /// Keeps a reference, which is open as long as this incarnation lives; gives it back if there
    /// is no room.
    pub fn keep(&mut self, label: &Label, reference: Received) -> Result<&Received, Received> {
        if self.kept == KEPT_MAX {
            return Err(reference);
        }
        if self.places.is_empty() {
            self.places.resize_with(PLACES, || None);
        }
        let key = zerocopy::transmute!(*label);
        let place = self.place_of(&key);
        self.kept += usize::from(self.places[place].is_none());
        let (_, kept) = self.places[place].insert((key, reference));
        Ok(kept)
    }

    /// Where a key is, or where it would be.
    #[inline]
    fn place_of(&self, key: &Key) -> usize {
        let sum = key[0] ^ key[1].rotate_left(5) ^ key[2].rotate_left(10) ^ key[3] ^ key[4];
        let mut place = (sum ^ sum >> 16 ^ sum >> 8) as usize & (PLACES - 1);
        while let Some((known, _)) = &self.places[place] {
            if known == key {
                break;
            }
            place = (place + 1) & (PLACES - 1);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use abi::ids::RefId;

    use super::*;
    use crate::reference::{Reference, Stream};

    fn label(number: usize) -> Label {
        Label::of(&std::format!("label {number}")).unwrap()
    }

    fn stream(number: usize) -> Received {
        Received::Stream(Stream::from_raw(RefId::from_raw(0x2_0000 + number as u32).unwrap()))
    }

    fn id(reference: Option<&Received>) -> Option<u32> {
        reference.map(|reference| AsRef::<Reference>::as_ref(reference).id().get())
    }

    #[test]
    fn what_is_kept_is_found_and_more_is_refused() {
        let mut cache = Cache::new();
        assert_eq!(cache.get(&label(0)), None);
        for number in 0..KEPT_MAX {
            assert!(cache.keep(&label(number), stream(number)).is_ok());
        }
        let refused = cache.keep(&label(KEPT_MAX), stream(KEPT_MAX)).unwrap_err();
        assert_eq!(refused, stream(KEPT_MAX));
        for number in 0..KEPT_MAX {
            assert_eq!(id(cache.get(&label(number))), Some(0x2_0000 + number as u32), "{number}");
        }
        assert_eq!(cache.get(&label(KEPT_MAX)), None);
    }
}
