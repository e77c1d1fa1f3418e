"""Settings of the keys that seal personal text."""

from headrace.runtime.settings.section import Count, FilePath, Pause, Section


class KeySettings(Section):
    """Where the master key is, and how many keys are at hand for how long."""

    master_key_file: FilePath = ""
    """File of 32 random bytes, under which the keys that seal personal text are kept; `headrace up`
    makes one in its data directory."""
    subject_keys_in_memory_max: Count = 5_000
    """Keys of subjects of personal text in one actor, some 2.6 kB each."""
    subject_key_cache_s: Pause = 5.0
    """How long an actor may go on sealing under a key that was destroyed: what it seals then is
    forgotten with the rest."""
