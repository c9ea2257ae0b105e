#!/usr/bin/env python3
"""Runs VOTCA (csg_inverse with LAMMPS) on water.xtc: relative entropy or iterative Boltzmann inversion.

    votca.py ibi|re DATA FOLDER [--iterations N] [--steps N]

DATA holds water.gro and water.xtc. The first 51 frames are learnt from, the other 50 held out. Writes a line an
iteration: CPU seconds up to there (csg_inverse and all it starts) and the rms difference of g(r), in bins of 0.02 nm up
to 0.9 nm, from the held-out frames and from those that were learnt from. One core; needs packages votca and lammps.
"""
import argparse
import math
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
KBT = 0.0083144626 * 300
CUTOFF, KNOTS = 0.9, 48


def run(*command, folder):
    """Runs a program; its words go to log.txt, and to the terminal if it fails."""
    with open(folder / 'log.txt', 'a') as log:
        status = subprocess.run(command, cwd=folder, stdout=log, stderr=log).returncode
    if status:
        print((folder / 'log.txt').read_text()[-3000:], file=sys.stderr)
        sys.exit(f'{command[0]} ended with {status}')


def table(path):
    """Columns of numbers of a VOTCA table, without its flags."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip() and line[0] not in '#@']
    return [float(row[0]) for row in rows], [float(row[1]) for row in rows]


def in_wide_bins(g):
    """g of bins centred at 0.01 k nm, k = 0..90, joined by twos from k = 1 on, weighted by their shells."""
    return [(g[k] * k * k + g[k + 1] * (k + 1) ** 2) / (k * k + (k + 1) ** 2) for k in range(1, 89, 2)]


def rms(a, b):
    """Root of the mean squared difference."""
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)) / len(a))


def write_data_file(gro, to):
    """The first frame of mapped molecules for LAMMPS, in Angstrom."""
    lines = gro.read_text().splitlines()
    count = int(lines[1])
    box = 10 * float(lines[2 + count].split()[0])
    with open(to, 'w') as out:
        print('coarse-grained water\n', file=out)
        print(f'{count} atoms\n1 atom types\n', file=out)
        for axis in 'xyz':
            print(f'0 {box:.6f} {axis}lo {axis}hi', file=out)
        print('\nMasses\n\n1 18.0154\n\nAtoms\n', file=out)
        for i in range(count):
            x, y, z = (10 * float(word) for word in lines[2 + i][20:].split()[:3])
            print(f'{i + 1} 1 {x:.4f} {y:.4f} {z:.4f}', file=out)


def write_first_coefficients(target, to):
    """Coefficients of splines near to -kT ln g, where g is there; below, a straight line. The last four are 0."""
    r, g = table(target)
    seen = [(x, -KBT * math.log(y)) for x, y in zip(r, g) if y > 0.05]
    (r0, u0), (r1, u1) = seen[0], seen[1]
    step = CUTOFF / (KNOTS - 3)
    with open(to, 'w') as out:
        for k in range(KNOTS):
            at = (k - 1) * step  # the k-th spline is centred there
            if at < r0:
                u = u0 + (u1 - u0) / (r1 - r0) * (at - r0)
            else:
                u = min(seen, key=lambda pair: abs(pair[0] - at))[1]
            print(f'{k * step:.4f} {u if k < KNOTS - 4 else 0.0:.10g} i', file=out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('method', choices=['ibi', 're'])
    parser.add_argument('data', type=pathlib.Path)
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--iterations', type=int, default=30)
    parser.add_argument('--steps', type=int, default=90000, help='of LAMMPS an iteration, a frame each 100')
    arguments = parser.parse_args()
    for tool in ('csg_inverse', 'csg_stat', 'csg_map', 'lmp'):
        if not shutil.which(tool):
            sys.exit(f'{tool} was not found (Debian: packages votca and lammps)')
    folder = arguments.folder
    folder.mkdir(parents=True)
    for name in ('water.gro', 'water.xtc'):
        shutil.copy(arguments.data / name, folder)
    for name in ('water.xml', 'topol.xml', 'target.xml'):
        shutil.copy(HERE / name, folder)
    (folder / 'water.in').write_text((HERE / 'water.in').read_text().replace('90000', str(arguments.steps)))
    settings = (HERE / f'{arguments.method}.xml').read_text().replace('@ITERATIONS@', str(arguments.iterations))
    (folder / 'settings.xml').write_text(settings)
    os.environ['OMP_NUM_THREADS'] = '1'

    mapped = ('--top', 'topol.xml', '--trj', 'water.xtc', '--cg', 'water.xml')
    run('csg_stat', '--options', 'target.xml', *mapped, '--nframes', '51', '--ext', 'dist.tgt', folder=folder)
    run('csg_stat', '--options', 'target.xml', *mapped, '--first-frame', '51', '--ext', 'dist.held', folder=folder)
    run('csg_map', *mapped, '--nframes', '1', '--out', 'first.gro', folder=folder)
    write_data_file(folder / 'first.gro', folder / 'water.data')
    write_first_coefficients(folder / 'CG-CG.dist.tgt', folder / 'CG-CG.param.init')
    learnt, held = (in_wide_bins(table(folder / f'CG-CG.dist.{ext}')[1]) for ext in ('tgt', 'held'))
    print(f'# the two halves of the data differ by {rms(learnt, held):.4f}')

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run('csg_inverse', '--options', 'settings.xml', folder=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    steps = sorted(path for path in folder.glob('step_*') if re.fullmatch(r'step_\d+', path.name))[1:]
    # the potential of step k - 1 is what step k samples; iterations cost the same
    print('# iteration  CPU_seconds  rms_held_out  rms_learnt')
    for k, step in enumerate(steps):
        g = in_wide_bins(table(step / 'CG-CG.dist.new')[1])
        print(f'{k:4d} {seconds * k / len(steps):9.1f} {rms(g, held):9.4f} {rms(g, learnt):9.4f}')


if __name__ == '__main__':
    main()
