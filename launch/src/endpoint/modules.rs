//! The modules of an RDC in the memory of its launch endpoint, from where nodes fetch them.

use abi::ids::{RdcId, UserAddr};
use abi::rdc_file::{ModuleEntry, RdcFile, USER_BEGIN};
use abi::slice::PAGE_BYTES;
use kernel::platform::{BadAddress, Memory, Slot, SpaceSpec};
use kernel::{Image, LaunchSpec, Module, SystemRights};

use super::desk::MODULES;

/// What the kernel has to know to launch the RDC of `file` with these rights, and with a stream
/// space of the only module of `space`.
pub fn launch_spec(
    rdc: RdcId,
    rights: SystemRights,
    file: &RdcFile,
    space: Option<&RdcFile>,
) -> LaunchSpec {
    let mut base = MODULES;
    let mut modules = Vec::new();
    for module in all_modules(file, space) {
        let name = module.entry.name().as_bytes().to_vec();
        modules.push(Module { name, image: image(module.entry), base: UserAddr(base) });
        base = next_base(base, module.entry);
    }
    let stream_space = space.and_then(|_| modules.pop());
    let space = SpaceSpec {
        text_id: 0,
        text: 0,
        data: base - USER_BEGIN,
        bss: 0,
        heap_max: 0,
        stack_max: 0,
        parameters: 0,
    };
    LaunchSpec { rdc, modules, stream_space, rights, space }
}

/// Writes the modules to where [`launch_spec`] says that they are.
pub fn write_modules(
    memory: &mut impl Memory,
    slot: Slot,
    file: &RdcFile,
    space: Option<&RdcFile>,
) -> Result<(), BadAddress> {
    let mut base = MODULES;
    for module in all_modules(file, space) {
        memory.copy_out(slot, UserAddr(base), module.text)?;
        memory.copy_out(slot, UserAddr(base + module.text.len() as u32), module.data)?;
        base = next_base(base, module.entry);
    }
    Ok(())
}

/// The modules of a program, and behind them that of its stream space.
fn all_modules<'f>(
    file: &'f RdcFile<'f>,
    space: Option<&'f RdcFile<'f>>,
) -> impl Iterator<Item = abi::rdc_file::Module<'f>> {
    file.modules().chain(space.into_iter().flat_map(|space| space.modules().take(1)))
}

/// Where the module behind the one at `base` begins.
fn next_base(base: u32, entry: &ModuleEntry) -> u32 {
    (base + entry.text_bytes.get() + entry.data_bytes.get()).next_multiple_of(PAGE_BYTES)
}

fn image(entry: &ModuleEntry) -> Image {
    Image {
        text_id: entry.text_id,
        text: entry.text_bytes,
        data: entry.data_bytes,
        bss: entry.bss_bytes,
        heap_max: entry.heap_bytes,
        stack_max: entry.stack_bytes,
        entry: entry.entry,
    }
}
