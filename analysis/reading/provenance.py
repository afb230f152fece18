"""Where the results come from, as far as study.json must be condensed for a reader."""


def shared_configuration(record: dict) -> dict:
    """The settings that all trials of the study share, nested as in study.json."""
    trials = record.get("trials") or []
    return _shared(trials) if trials else {}


def versions(record: dict) -> dict[str, str]:
    """Package versions of all sessions; a package whose version changed shows each one, oldest first."""
    found: dict[str, list[str]] = {}
    for session in record.get("sessions") or []:
        for package, version in (session.get("versions") or {}).items():
            known = found.setdefault(package, [])
            known.extend([version] if version not in known else [])
    return {package: ", then ".join(known) for package, known in sorted(found.items())}


def _shared(settings: list[dict]) -> dict:
    first = settings[0]
    common = [key for key in first if all(key in other for other in settings)]
    nested = {
        key: _shared([other[key] for other in settings])
        for key in common
        if all(isinstance(other[key], dict) for other in settings)
    }
    equal = {key: first[key] for key in common if all(other[key] == first[key] for other in settings)}
    return {key: equal.get(key, nested.get(key)) for key in common if key in equal or nested.get(key)}
