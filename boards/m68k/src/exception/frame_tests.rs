//! Frames written by hand from the manuals, decoded.

use super::*;

/// A frame with its head filled in and the rest zero.
fn frame(format: u8, vector: u8) -> [u16; 46] {
    let mut words = [0; 46];
    words[..4].copy_from_slice(&[
        0x2704,
        0xC000,
        0x1234,
        (u16::from(format) << 12) | (u16::from(vector) * 4),
    ]);
    words
}

fn put_long(words: &mut [u16], offset: usize, value: u32) {
    words[offset / 2] = (value >> 16) as u16;
    words[offset / 2 + 1] = value as u16;
}

fn access(words: &[u16]) -> Fault {
    match Frame::decode(words).expect("a known format").detail {
        Detail::Access(fault) => fault,
        other => panic!("not an access fault: {other:?}"),
    }
}

#[test]
fn short_frame() {
    let decoded = Frame::decode(&frame(0, 33)[..4]).unwrap();
    assert_eq!(decoded.status, 0x2704);
    assert_eq!(decoded.pc, 0xC000_1234);
    assert_eq!(decoded.vector, Vector(33));
    assert_eq!(decoded.detail, Detail::Short);
    assert!(decoded.from_supervisor());
    assert_eq!(decoded.to_string(), "TRAP instruction");
}

#[test]
fn frames_with_an_address() {
    let mut words = frame(2, 5);
    put_long(&mut words, 8, 0xC000_1230);
    assert_eq!(Frame::decode(&words).unwrap().detail, Detail::Instruction(0xC000_1230));
    let mut words = frame(3, 51);
    put_long(&mut words, 8, 0x4000_0010);
    assert_eq!(Frame::decode(&words).unwrap().detail, Detail::Operand(0x4000_0010));
    let mut words = frame(4, 11);
    put_long(&mut words, 8, 0x4000_0010);
    put_long(&mut words, 12, 0xC000_1230);
    let wanted = Detail::NoFpu { operand: 0x4000_0010, instruction: 0xC000_1230 };
    assert_eq!(Frame::decode(&words).unwrap().detail, wanted);
}

#[test]
fn access_fault_of_a_68040() {
    let mut words = frame(7, 2);
    put_long(&mut words, 0x14, 0xC000_1000);
    for (ssw, wanted, whose) in [
        (0x0505, Access::Read, Privilege::Supervisor),
        (0x0405, Access::Write, Privilege::Supervisor),
        (0x0506, Access::Fetch, Privilege::Supervisor),
        (0x0501, Access::Read, Privilege::User),
        (0x0401, Access::Write, Privilege::User),
        (0x0502, Access::Fetch, Privilege::User),
    ] {
        words[6] = ssw;
        let wanted = Fault { address: 0xC000_1000, access: wanted, privilege: whose, status: ssw };
        assert_eq!(access(&words), wanted);
    }
}

#[test]
fn data_fault_of_a_68030() {
    for format in [0xA, 0xB] {
        let mut words = frame(format, 2);
        put_long(&mut words, 0x10, 0x0012_3456);
        for (ssw, wanted, whose) in [
            (0x0145, Access::Read, Privilege::Supervisor),
            (0x0101, Access::Write, Privilege::User),
            (0x0146, Access::Fetch, Privilege::Supervisor),
        ] {
            words[5] = ssw;
            let wanted =
                Fault { address: 0x0012_3456, access: wanted, privilege: whose, status: ssw };
            assert_eq!(access(&words), wanted);
        }
    }
}

#[test]
fn fetch_fault_of_a_68030() {
    let mut words = frame(0xB, 2);
    put_long(&mut words, 0x24, 0xC000_2004);
    words[5] = 0x5000;
    assert_eq!(access(&words).address, 0xC000_2004);
    words[5] = 0xA000;
    assert_eq!(access(&words).address, 0xC000_2002);
    assert_eq!(access(&words).access, Access::Fetch);
    let mut words = frame(0xA, 2);
    words[5] = 0x5000;
    assert_eq!(access(&words).address, 0xC000_1238);
}

#[test]
fn unknown_and_cut_frames_are_refused() {
    for format in [5, 6, 8, 12, 13, 14, 15] {
        assert_eq!(Frame::decode(&frame(format, 2)), None);
    }
    for format in [0, 1, 2, 3, 4, 7, 9, 0xA, 0xB] {
        let words = frame(format, 2);
        let length = length_words(format).unwrap();
        assert!(Frame::decode(&words[..length]).is_some());
        assert_eq!(Frame::decode(&words[..length - 1]), None);
    }
    assert_eq!(Frame::decode(&[]), None);
}
