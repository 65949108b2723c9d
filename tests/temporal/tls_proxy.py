"""TLS in front of a server, which asks for the certificate of the client.

Usage: tls_proxy.py FOLDER PORT. The folder has server.pem, server.key and authority.pem. Prints its own port.
"""

import asyncio
import ssl
import sys

FOLDER, PORT = sys.argv[1], int(sys.argv[2])


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", PORT)
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))


async def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{FOLDER}/server.pem", f"{FOLDER}/server.key")
    context.load_verify_locations(f"{FOLDER}/authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
