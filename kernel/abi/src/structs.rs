//! The structures of appendix B.1, byte for byte as C lays them out on a 680x0:
//! alignment of at most two bytes, big-endian, bit fields from the top.
//!
//! They are the same on the host. Pointers in them are addresses of the caller.
//! Damaged places of the source: the type of `is_state` is lost (taken as
//! `unsigned int`); `ic_params` is taken to be held by value.

use zerocopy::big_endian::{I32, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::constants::{Domain, HEADER_BYTES, LABEL_MAX, RefType};
use crate::error::CallError;

/// Declares structures of bytes that are read and written where they lie.
macro_rules! structures {
    ($($(#[doc = $doc:literal])+ $name:ident $size:literal {
        $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty,)+
    })+) => {
        $($(#[doc = $doc])+
        #[derive(
            Clone, Copy, PartialEq, Eq, Debug,
            FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
        )]
        #[repr(C)]
        pub struct $name { $($(#[doc = $field_doc])+ pub $field: $type,)+ }

        const _: () = assert!(size_of::<$name>() == $size);)+

        /// Each field of each structure: structure, field, offset and size in bytes.
        pub const FIELDS: &[(&str, &str, usize, usize)] = &[$($((
            stringify!($name),
            stringify!($field),
            core::mem::offset_of!($name, $field),
            size_of::<$type>(),
        ),)+)+];

        /// Each structure and its size in bytes.
        pub const SIZES: &[(&str, usize)] = &[$((stringify!($name), $size),)+];
    };
}

structures! {
    /// A node allocated to the caller's RDC.
    NodeEntry 8 {
        /// The node.
        ne_node: U32,
        /// Runnable incarnations there, time average × 256.
        ne_load: U32,
    }
    /// Names a reference in a message, and how it is propagated.
    RefDescrip 14 {
        /// A [`RefType`].
        rd_type: u8,
        /// Padding of the C structure.
        pad: u8,
        /// Identifier, or base and size of a buffer.
        rd_obj: ObjectId,
        /// `rd_keep`:1, `rd_domain`:3, `rd_flags`:28.
        rd_bits: U32,
    }
    /// The union of a reference's identifier and a buffer's description.
    ObjectId 8 {
        /// The identifier (`oi_inc`, `oi_stream`, …, `ab_bufhandle`), or `bf_base`.
        id: U32,
        /// `bf_cnt` or `ab_cnt`: bytes of a buffer.
        count: U32,
    }
    /// A message.
    Msg 58 {
        /// Header, untyped.
        m_head: [u8; HEADER_BYTES],
        /// Reference to propagate.
        m_ref: RefDescrip,
        /// Bytes of extra data sent; on return of a receive, bytes received.
        m_cnt: U32,
        /// Bytes that a reply may have.
        m_nreply: U32,
        /// Where the extra data lies.
        m_base: U32,
    }
    /// An interface of a child.
    IncInterface 58 {
        /// How it is created.
        ii_flags: U32,
        /// The reference itself.
        ii_ref: RefDescrip,
        /// Label of its channel.
        ii_chanlabel: Label,
        /// Label of a handle to it; empty for none.
        ii_hanlabel: Label,
    }
    /// What a child is given.
    IncParams 14 {
        /// Bytes of data arguments.
        ip_datasize: I32,
        /// Where they lie.
        ip_dataargs: U32,
        /// Number of interfaces.
        ip_nifaces: u8,
        /// Padding of the C structure.
        pad: u8,
        /// Where the array of [`IncInterface`] lies.
        ip_ifaces: U32,
    }
    /// The argument of `inc_create`.
    IncCreateParams 18 {
        /// INCHOATE or STARTED.
        ic_state: U32,
        /// Its parameters.
        ic_params: IncParams,
    }
    /// Messages at a port from one stream.
    SelectMessages 8 {
        /// Handle of the stream.
        sm_smhan: I32,
        /// Messages from it.
        sm_nmsgs: I32,
    }
    /// An event, or interest in it.
    EvDesc 16 {
        /// The reference concerned.
        ed_reference: U32,
        /// An [`crate::constants::EventType`].
        ed_evtype: U32,
        /// Depends on the type.
        ed_info1: U32,
        /// Depends on the type.
        ed_info2: U32,
    }
    /// What `inc_status` says of an incarnation.
    IncState 28 {
        /// An [`crate::constants::IncarnationState`].
        is_state: U32,
        /// Load due to it, × 256.
        is_load: U16,
        /// Its node.
        is_node: U16,
        /// Milliseconds in user code.
        is_usertime: U32,
        /// Milliseconds in calls.
        is_systime: U32,
        /// Milliseconds since its creation.
        is_realtime: U32,
        /// Pages of text.
        is_ntext: U16,
        /// Pages of data and heap.
        is_nheap: U16,
        /// Pages of stack.
        is_nstack: U16,
        /// Pages of pincdata.
        is_npinc: u8,
        /// Arrived messages, at most 255.
        is_nmsgs: u8,
    }
    /// What `inc_time` says, in milliseconds.
    TimeBuf 12 {
        /// In calls.
        tb_sys: U32,
        /// In user code.
        tb_user: U32,
        /// Since creation.
        tb_elapsed: U32,
    }
}

/// Flags of [`RefDescrip`]: the lowest 28 bits.
pub const RD_FLAGS_MASK: u32 = (1 << 28) - 1;

/// Whether the sender of a reference keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// It is destroyed on propagation.
    Destroy,
    /// It stays.
    Keep,
}

impl RefDescrip {
    /// No reference.
    pub const NONE: RefDescrip = RefDescrip {
        rd_type: RefType::None as u8,
        pad: 0,
        rd_obj: ObjectId { id: U32::ZERO, count: U32::ZERO },
        rd_bits: U32::ZERO,
    };

    /// The reference `id`, kept, with these flags; flags beyond 28 bits are no
    /// flags and are dropped.
    pub fn new(ref_type: RefType, id: u32, domain: Domain, flags: u32) -> RefDescrip {
        let bits = 1 << 31 | (domain as u32) << 28 | flags & RD_FLAGS_MASK;
        RefDescrip {
            rd_type: ref_type as u8,
            rd_obj: ObjectId { id: U32::new(id), count: U32::ZERO },
            rd_bits: U32::new(bits),
            ..RefDescrip::NONE
        }
    }

    /// Its type, if there is such a type.
    pub fn ref_type(&self) -> Option<RefType> {
        RefType::from_value(i32::from(self.rd_type))
    }

    /// Whether the sender keeps it.
    pub fn keep(&self) -> Keep {
        if self.rd_bits.get() >> 31 == 1 { Keep::Keep } else { Keep::Destroy }
    }

    /// Sets whether the sender keeps it.
    pub fn set_keep(&mut self, keep: Keep) {
        let rest = self.rd_bits.get() & !(1 << 31);
        self.rd_bits = U32::new(rest | u32::from(keep == Keep::Keep) << 31);
    }

    /// Sets where it may go.
    pub fn set_domain(&mut self, domain: Domain) {
        let rest = self.rd_bits.get() & !(7 << 28);
        self.rd_bits = U32::new(rest | (domain as u32) << 28);
    }

    /// Where it may go, if there is such a domain.
    pub fn domain(&self) -> Option<Domain> {
        Domain::from_value((self.rd_bits.get() >> 28 & 7) as i32)
    }

    /// Its type-specific flags.
    pub fn flags(&self) -> u32 {
        self.rd_bits.get() & RD_FLAGS_MASK
    }
}

/// A label: up to 19 bytes, ended by a null as in C.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Unaligned,
)]
#[repr(transparent)]
pub struct Label([u8; LABEL_MAX + 1]);

impl Label {
    /// No label.
    pub const EMPTY: Label = Label([0; LABEL_MAX + 1]);

    /// The label of these bytes; none if they are too many, or if one is null.
    pub fn new(bytes: &[u8]) -> Option<Label> {
        if bytes.len() > LABEL_MAX || bytes.contains(&0) {
            return None;
        }
        let mut label = Label::EMPTY;
        label.0[..bytes.len()].copy_from_slice(bytes);
        Some(label)
    }

    /// The label that a program has written.
    pub fn of(text: &str) -> Result<Label, CallError> {
        Label::new(text.as_bytes()).ok_or(CallError::LabelTooLong)
    }

    /// Its bytes without the null; none if there is no null.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.0.iter().position(|byte| *byte == 0).map(|end| &self.0[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_fields_start_at_the_top() {
        let mut reference = RefDescrip::new(RefType::Port, 0x10001, Domain::NoFurther, 0xf000_0005);
        assert_eq!(reference.rd_bits.get(), 0xa000_0005);
        assert_eq!(reference.keep(), Keep::Keep);
        assert_eq!(reference.domain(), Some(Domain::NoFurther));
        assert_eq!(reference.flags(), 5);
        reference.set_keep(Keep::Destroy);
        assert_eq!(reference.rd_bits.get(), 0x2000_0005);
        reference.set_domain(Domain::Rdc);
        assert_eq!((reference.domain(), reference.flags()), (Some(Domain::Rdc), 5));
        reference.rd_bits = U32::new(7 << 28);
        assert_eq!(reference.domain(), None);
    }

    #[test]
    fn structures_are_big_endian_bytes() {
        let reference = RefDescrip::new(RefType::Stream, 0x0102_0304, Domain::Any, 0);
        assert_eq!(reference.as_bytes(), [2, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0x80, 0, 0, 0]);
        assert_eq!(reference.ref_type(), Some(RefType::Stream));
    }

    #[test]
    fn labels_are_refused_rather_than_cut() {
        assert_eq!(Label::new(&[b'x'; 19]).unwrap().bytes().unwrap().len(), 19);
        assert_eq!(Label::new(&[b'x'; 20]), None);
        assert_eq!(Label::new(b"a\0b"), None);
        assert_eq!(Label([b'x'; 20]).bytes(), None);
    }
}
