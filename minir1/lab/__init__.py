"""What the lessons show and what the exercises are graded by. Where to look for what:

    00  journey, batches, groups, curves, transcripts, numbers, damage
    01  holes, sloppy, graders                        verifiers, and how they are fooled
    02  corpus, knowledge, prompts                    a base, and what it knows
    03  attention, latent, surgery                    heads, the cache, what breaks without them
    04  experts, specialists, balance                 who serves which token
    05  ladder, rungs, dispatch, compiler, race       kernels
    06  drawing, browser, mismatch                    rollouts, and sampler against trainer
    07  family, clip, kl                              losses
    08  seeds, controls, anatomy                      R1-Zero beside its controls
    09  patients, ward                                runs that were broken on purpose
    10  stages, stage_map, doses, filters, hacking    the pipeline
    11  students, live                                distillation
    12  intervals, passes, thinking                   how sure, and at what cost
    13  ranks, shares, travels, collectives, spmd     many processes; `crew/` starts some
    14  planner, budgets, prices, decoding            hours and dollars
    15  real*.py, weights                             a real model
    16  review                                        risk
    17  `capstone/`                                   a task of the learner's own

What all of them draw and show with: charts, heat, stacks, tokens, picture, explore, show; which run
they begin with, and how large they are: published, scale. A run while it goes on: `dashboard/`.

The course as a whole: source and build make the notebooks; course, work, desk, board and swap serve
the learner; `grader/`, `exercises/`, `words/` and `mutants/` grade and are graded; syllabus, times,
equations and readme write the tables.
"""
