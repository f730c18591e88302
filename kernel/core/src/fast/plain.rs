//! Messages that are a header and nothing else: in users' memory, and as packets.

use abi::constants::{HEADER_BYTES, RefType};
use abi::message::{Body, Flags, Header, Kind};
use abi::structs::{Msg, RefDescrip};
use zerocopy::big_endian::U32;
use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, transmute_mut, transmute_ref,
};

/// The header of a message, untyped.
pub(super) type Head = [u8; HEADER_BYTES];

/// A packet that is a message with a header and nothing else.
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Plain {
    pub header: Header,
    pub body: Body,
}

/// Its length.
pub(super) const PLAIN_BYTES: usize = size_of::<Plain>();

/// Whether a message of user code that is to be sent so is a header and nothing else.
#[inline]
pub(super) fn is_plain(message: &Msg, kind: Kind) -> bool {
    message.m_ref.rd_type == RefType::None as u8
        && message.m_cnt.get() == 0
        && (kind != Kind::Invoke || message.m_nreply.get() == 0)
}

/// Whether a message of user code that is to be sent so has no more than data.
#[inline]
pub(super) fn is_without_reference(message: &Msg, kind: Kind) -> bool {
    let takes_data = kind == Kind::Invoke && message.m_nreply.get() != 0;
    message.m_ref.rd_type == RefType::None as u8 && !takes_data
}

/// Copies a header by long words, which takes less time than to call a routine for it.
#[inline]
pub(super) fn copy(to: &mut Head, from: &Head) {
    let to: &mut [U32; HEADER_BYTES / 4] = transmute_mut!(to);
    let from: &[U32; HEADER_BYTES / 4] = transmute_ref!(from);
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = from[3];
    to[4] = from[4];
    to[5] = from[5];
    to[6] = from[6];
    to[7] = from[7];
}

/// Overwrites the message of a receiver.
#[inline]
pub(super) fn receive(message: &mut Msg, head: &Head) {
    replace(message, head);
    message.m_cnt.set(0);
    message.m_nreply.set(0);
}

/// Overwrites the message of an invoker.
#[inline]
pub(super) fn replace(message: &mut Msg, head: &Head) {
    copy(&mut message.m_head, head);
    // Field by field: a structure of bytes would be copied byte by byte.
    let none = RefDescrip::NONE;
    message.m_ref.rd_type = none.rd_type;
    message.m_ref.pad = none.pad;
    message.m_ref.rd_obj.id = none.rd_obj.id;
    message.m_ref.rd_obj.count = none.rd_obj.count;
    message.m_ref.rd_bits = none.rd_bits;
}

/// Writes a message with a header only into a packet, of this kind and number; false if the
/// packet has another length.
#[inline]
pub(super) fn write(
    packet: &mut [u8],
    header: &Header,
    kind: Kind,
    sequence: u32,
    head: &Head,
) -> bool {
    let Ok(packet) = <&mut [u8; PLAIN_BYTES]>::try_from(packet) else { return false };
    let plain: &mut Plain = transmute_mut!(packet);
    write_header(plain, header, kind, sequence, head);
    true
}

/// Writes the part of a packet that is the same whether there is data or not.
#[inline]
pub(super) fn write_header(
    plain: &mut Plain,
    header: &Header,
    kind: Kind,
    sequence: u32,
    head: &Head,
) {
    copy_header(&mut plain.header, header);
    plain.header.kind = kind as u8;
    plain.header.sequence.set(sequence);
    copy(&mut plain.body.head, head);
    plain.body.total.set(0);
    plain.body.capacity.set(0);
}

/// As [`copy`].
#[inline]
pub(super) fn copy_header(to: &mut Header, from: &Header) {
    let to: &mut [U32; size_of::<Header>() / 4] = transmute_mut!(to);
    let from: &[U32; size_of::<Header>() / 4] = transmute_ref!(from);
    to[0] = from[0];
    to[1] = from[1];
    to[2] = from[2];
    to[3] = from[3];
    to[4] = from[4];
    to[5] = from[5];
    to[6] = from[6];
    to[7] = from[7];
    to[8] = from[8];
}

/// The packet, if it is a message with a header only.
#[inline]
pub(super) fn read(packet: &[u8]) -> Option<&Plain> {
    let packet: &[u8; PLAIN_BYTES] = packet.try_into().ok()?;
    let plain: &Plain = transmute_ref!(packet);
    let Plain { header, body } = plain;
    let is_plain = header.flags == Flags::NONE.0
        && usize::from(header.length.get()) == PLAIN_BYTES
        && body.is_empty();
    is_plain.then_some(plain)
}
