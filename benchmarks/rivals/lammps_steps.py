#!/usr/bin/env python3
"""Steps a second of LAMMPS with a table of a pair potential, 216 particles in water's box, one core.

    lammps_steps.py TABLE NAME [--points N] [--steps N]

TABLE is a file of pair::write_lammps_table, NAME its section, N its points. A step moves every particle once; what the
library does in a second stands in the benchmarks of moves of one particle. Needs package lammps.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BOX, SIDE = 18.6206, 6  # Angstrom; particles along an edge


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('table', type=pathlib.Path)
    parser.add_argument('name')
    parser.add_argument('--points', type=int, default=2000)
    parser.add_argument('--steps', type=int, default=20000)
    arguments = parser.parse_args()
    if not shutil.which('lmp'):
        sys.exit('lmp was not found (Debian: package lammps)')
    print('| style | steps a second | of one particle | steps a second by the clock |')
    print('|---|---:|---:|---:|')
    for style in ('spline', 'linear'):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(arguments.table, pathlib.Path(folder) / 'table')
            atoms = [f'create_atoms 1 single {BOX / SIDE * x} {BOX / SIDE * y} {BOX / SIDE * z}'
                     for x in range(SIDE) for y in range(SIDE) for z in range(SIDE)]
            lines = ['units real', 'atom_style atomic', f'region box block 0 {BOX} 0 {BOX} 0 {BOX}',
                     'create_box 1 box', *atoms, 'mass 1 18.0154', 'velocity all create 300 87287',
                     f'pair_style table {style} {arguments.points}', f'pair_coeff 1 1 table {arguments.name}',
                     'timestep 2.0', 'fix 1 all nve', 'fix 2 all langevin 300 300 200 545454', 'thermo 100000',
                     f'run {arguments.steps // 10}', f'run {arguments.steps}']
            (pathlib.Path(folder) / 'in').write_text('\n'.join(lines) + '\n')
            done = subprocess.run(['lmp', '-in', 'in', '-log', 'log'], cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            if done.returncode:
                sys.exit(done.stdout[-2000:])
            log = (pathlib.Path(folder) / 'log').read_text()
            seconds = float(re.findall(r'Loop time of (\S+)', log)[-1])
            share = float(re.findall(r'(\S+)% CPU use', log)[-1]) / 100
            rate = arguments.steps / seconds
            print(f'| {style} {arguments.points} | {rate / share:.0f} | {rate / share * SIDE ** 3:.3g} | {rate:.0f} |')


if __name__ == '__main__':
    main()
