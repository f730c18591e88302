//! The modules of an RDC in the memory of its launch endpoint, from where nodes fetch them.

use abi::ids::{RdcId, UserAddr};
use abi::rdc_file::{ModuleEntry, RdcFile, USER_BEGIN};
use abi::slice::PAGE_BYTES;
use kernel::platform::{BadAddress, Memory, Slot, SpaceSpec};
use kernel::{Image, LaunchSpec, Module, SystemRights};

use super::desk::MODULES;

/// What the kernel has to know to launch the RDC of `file`. The endpoint may allocate nodes:
/// it does so on behalf of the daemon, which has decided who may have which.
pub fn launch_spec(rdc: RdcId, file: &RdcFile) -> LaunchSpec {
    let mut base = MODULES;
    let mut modules = Vec::new();
    for module in file.modules() {
        let name = module.entry.name().as_bytes().to_vec();
        modules.push(Module { name, image: image(module.entry), base: UserAddr(base) });
        base = next_base(base, module.entry);
    }
    let space = SpaceSpec {
        text_id: 0,
        text: 0,
        data: base - USER_BEGIN,
        bss: 0,
        heap_max: 0,
        stack_max: 0,
        parameters: 0,
    };
    LaunchSpec { rdc, modules, rights: SystemRights::ManageNodes, space }
}

/// Writes the modules to where [`launch_spec`] says that they are.
pub fn write_modules(
    memory: &mut impl Memory,
    slot: Slot,
    file: &RdcFile,
) -> Result<(), BadAddress> {
    let mut base = MODULES;
    for module in file.modules() {
        memory.copy_out(slot, UserAddr(base), module.text)?;
        memory.copy_out(slot, UserAddr(base + module.text.len() as u32), module.data)?;
        base = next_base(base, module.entry);
    }
    Ok(())
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
