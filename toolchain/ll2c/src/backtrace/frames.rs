//! The forms of frames, from DWARF's call frame information (`.debug_frame`).

use backtrace::{Base, CallerFp, Rule};
use gimli::{
    BaseAddresses, BigEndian, CfaRule, CieOrFde, DebugFrame, Register, RegisterRule, UnwindContext,
    UnwindSection, UnwindTableRow,
};
use object::{File, Object, ObjectSection};

use super::spans::Spans;
use super::symbols;

/// DWARF's number of A6 (GCC's `DWARF_FRAME_REGNUM` for the 680x0: D0–D7 are
/// 0–7, A0–A7 are 8–15).
const FP: Register = Register(14);
/// DWARF's number of A7.
const SP: Register = Register(15);
/// DWARF's number of the return address.
const RETURN_ADDRESS: Register = Register(24);
/// Where the return address lies, from the CFA.
const RETURN_ADDRESS_OFFSET: i64 = -4;
/// Bytes of an address.
const ADDRESS_BYTES: u8 = 4;

/// The form of the frame at each address of an image's code.
pub(super) fn frames(file: &File<'_>) -> gimli::Result<Spans<Rule>> {
    let section = file.section_by_name(".debug_frame");
    let data = section.and_then(|section| section.data().ok()).unwrap_or_default();
    let mut frames = DebugFrame::new(data, BigEndian);
    frames.set_address_size(ADDRESS_BYTES);
    let bases = BaseAddresses::default();
    let mut context = UnwindContext::new();
    let mut spans = Vec::new();
    let mut entries = frames.entries(&bases);
    while let Some(entry) = entries.next()? {
        let CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(DebugFrame::cie_from_offset)?;
        // Those of functions that the linker dropped are at address 0.
        if !symbols::is_code(file, fde.initial_address()) {
            continue;
        }
        let mut rows = fde.rows(&frames, &bases, &mut context)?;
        while let Some(row) = rows.next_row()? {
            spans.push((row.start_address() as u32, row.end_address() as u32, rule(row)));
        }
    }
    Ok(Spans::new(spans))
}

fn rule(row: &UnwindTableRow<usize>) -> Rule {
    match row.register(RETURN_ADDRESS) {
        Some(RegisterRule::Undefined) => Rule::Outermost,
        Some(RegisterRule::Offset(RETURN_ADDRESS_OFFSET)) => frame(row).unwrap_or(Rule::Unknown),
        _ => Rule::Unknown,
    }
}

/// The rule of a frame with its return address in its place. `None` if the rest
/// is none of the forms that tables know; GCC writes no others.
fn frame(row: &UnwindTableRow<usize>) -> Option<Rule> {
    let &CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let base = match register {
        SP => Base::Sp,
        FP => Base::Fp,
        _ => return None,
    };
    let fp = match row.register(FP) {
        None | Some(RegisterRule::Undefined | RegisterRule::SameValue) => CallerFp::InRegister,
        Some(RegisterRule::Offset(offset)) => CallerFp::Saved(even(-offset)?),
        _ => return None,
    };
    Some(Rule::Frame { base, distance: even(offset)?, fp })
}

fn even(bytes: i64) -> Option<u32> {
    u32::try_from(bytes).ok().filter(|bytes| bytes.is_multiple_of(2))
}
